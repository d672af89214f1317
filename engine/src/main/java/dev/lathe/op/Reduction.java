package dev.lathe.op;

import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * Reduces the elements of a nest to one. Of no elements: sums are 0, products 1, extremes the ends
 * of the type's range, logarithms of sums -infinity.
 */
final class Reduction {

  /** What is computed. */
  enum Kind {
    SUM,
    MEAN,
    MAX,
    MIN,
    PROD,
    L1,
    L2,
    SUM_SQUARE,
    LOG_SUM,
    LOG_SUM_EXP
  }

  private final DType type;
  private final Nest nest;

  Reduction(DType type, Nest nest) {
    this.type = type;
    this.nest = nest;
  }

  /** Elements reduced to one. */
  long count() {
    return nest.outer(0);
  }

  /** Reduces the elements from element {@code start} of src to element {@code index} of dst. */
  void run(
      Kind kind,
      MemorySegment src,
      long srcBase,
      long start,
      MemorySegment dst,
      long dstBase,
      long index) {
    boolean exact =
        switch (kind) {
          case L2, LOG_SUM, LOG_SUM_EXP -> false;
          default -> !type.isFloat();
        };
    if (exact) {
      Elements.putLong(type, dst, dstBase, index, integer(kind, src, srcBase, start));
    } else {
      Elements.putDouble(type, dst, dstBase, index, real(kind, src, srcBase, start));
    }
  }

  private double real(Kind kind, MemorySegment src, long base, long start) {
    double shift = kind == Kind.LOG_SUM_EXP ? finite(real(Kind.MAX, src, base, start)) : 0;
    double result =
        switch (kind) {
          case MAX -> Double.NEGATIVE_INFINITY;
          case MIN -> Double.POSITIVE_INFINITY;
          case PROD -> 1;
          default -> 0;
        };
    long rows = nest.outer(1);
    long stride = nest.innerStride(0);
    for (long row = 0; row < rows; row++) {
      long at = start + nest.offset(0, row, 1);
      for (long i = 0; i < nest.inner(); i++, at += stride) {
        double x = Elements.getDouble(type, src, base, at);
        result =
            switch (kind) {
              case SUM, MEAN, LOG_SUM -> result + x;
              case MAX -> Math.max(result, x);
              case MIN -> Math.min(result, x);
              case PROD -> result * x;
              case L1 -> result + Math.abs(x);
              case L2, SUM_SQUARE -> result + x * x;
              case LOG_SUM_EXP -> result + StrictMath.exp(x - shift);
            };
      }
    }
    return switch (kind) {
      case MEAN -> result / count();
      case L2 -> Math.sqrt(result);
      case LOG_SUM, LOG_SUM_EXP -> shift + StrictMath.log(result);
      default -> result;
    };
  }

  /** What is taken out of the exponent: nothing when the largest element is infinite. */
  private static double finite(double largest) {
    return Double.isInfinite(largest) ? 0 : largest;
  }

  private long integer(Kind kind, MemorySegment src, long base, long start) {
    boolean unsigned = type == DType.UINT64;
    long result =
        switch (kind) {
          case MAX -> least();
          case MIN -> largest();
          case PROD -> 1;
          default -> 0;
        };
    long rows = nest.outer(1);
    long stride = nest.innerStride(0);
    for (long row = 0; row < rows; row++) {
      long at = start + nest.offset(0, row, 1);
      for (long i = 0; i < nest.inner(); i++, at += stride) {
        long x = Elements.getLong(type, src, base, at);
        result =
            switch (kind) {
              case MAX -> compare(x, result, unsigned) > 0 ? x : result;
              case MIN -> compare(x, result, unsigned) < 0 ? x : result;
              case PROD -> result * x;
              case L1 -> result + (unsigned ? x : Math.abs(x));
              case SUM_SQUARE -> result + x * x;
              default -> result + x;
            };
      }
    }
    if (kind != Kind.MEAN || count() == 0) {
      return result;
    }
    return unsigned ? Long.divideUnsigned(result, count()) : result / count();
  }

  private static int compare(long a, long b, boolean unsigned) {
    return unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
  }

  /** The least value of the type, which is the maximum of no elements. */
  private long least() {
    return switch (type) {
      case INT8, INT16, INT32, INT64 -> Long.MIN_VALUE >> (64 - type.bits());
      default -> 0;
    };
  }

  private long largest() {
    return switch (type) {
      case INT8, INT16, INT32, INT64 -> ~least();
      case BOOL -> 1;
      default -> -1L >>> (64 - type.bits());
    };
  }
}
