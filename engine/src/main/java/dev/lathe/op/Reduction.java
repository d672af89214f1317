package dev.lathe.op;

import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Reduces the elements of a nest to one. */
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
    LOG_SUM
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
    if (type.isFloat()) {
      Elements.putDouble(type, dst, dstBase, index, real(kind, src, srcBase, start));
    } else {
      Elements.putLong(type, dst, dstBase, index, integer(kind, src, srcBase, start));
    }
  }

  private double real(Kind kind, MemorySegment src, long base, long start) {
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
            };
      }
    }
    return switch (kind) {
      case MEAN -> result / count();
      case L2 -> Math.sqrt(result);
      case LOG_SUM -> StrictMath.log(result);
      default -> result;
    };
  }

  private long integer(Kind kind, MemorySegment src, long base, long start) {
    long result =
        switch (kind) {
          case MAX -> Long.MIN_VALUE;
          case MIN -> Long.MAX_VALUE;
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
              case SUM, MEAN, LOG_SUM -> result + x;
              case MAX -> Math.max(result, x);
              case MIN -> Math.min(result, x);
              case PROD -> result * x;
              case L1 -> result + Math.abs(x);
              case L2, SUM_SQUARE -> result + x * x;
            };
      }
    }
    return switch (kind) {
      case MEAN -> result / count();
      case L2 -> (long) Math.sqrt((double) result);
      case LOG_SUM -> (long) StrictMath.log((double) result);
      default -> result;
    };
  }
}
