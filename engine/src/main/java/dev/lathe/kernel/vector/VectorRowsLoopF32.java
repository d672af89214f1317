package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static jdk.incubator.vector.VectorOperators.FMA;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.MathF32;
import dev.lathe.kernel.RowsF32.Function;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The loop of one {@link Function}, in three passes over each row.
 *
 * <pre>
 *               first pass       second pass                       third pass
 * SOFTMAX       m = max x        y = exp(x - m), s = sum y         y * (1 / s)
 * LOG_SOFTMAX   m = max x        y = x - m,      s = sum exp y     y - ln s
 * LAYER_NORM    m = sum x / n    y = x - m,      s = sum y^2       y * (1 / sqrt(s / n + eps)) * scale + bias
 * RMS_NORM      m = 0            y = x - m,      s = sum y^2       likewise
 * </pre>
 *
 * <p>The 16 partial sums are one 512-bit, two 256-bit or four 128-bit vectors; a row's rest is
 * added under a mask.
 */
final class VectorRowsLoopF32 implements RowsLoop {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final Function FUNCTION =
      Specialization.operation(MethodHandles.lookup(), Function.class);
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final FloatMath MATH = Specialization.of(VectorMathF32.class, ISA);
  private static final int LANES = S.length();
  private static final int PARTIALS = 16;
  private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(S, 8, 1, true);
  private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(S, 4, 1, true);
  private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(S, 2, 1, true);
  private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(S, 1, 1, true);

  @Override
  public void run(float epsilon, long scale, long bias, long src, long dst, int length, long rows) {
    for (long row = 0; row < rows; row++) {
      long from = src + 4 * row * length;
      long to = dst + 4 * row * length;
      float m =
          switch (FUNCTION) {
            case SOFTMAX, LOG_SOFTMAX -> max(from, length);
            case LAYER_NORM -> total(from, to, 0, length, /* centre= */ false) / length;
            case RMS_NORM -> 0;
          };
      float s = total(from, to, m, length, /* centre= */ true);
      finish(to, factor(s, epsilon, length), scale, bias, length);
    }
  }

  private static float max(long src, int length) {
    FloatVector max = FloatVector.broadcast(S, Float.NEGATIVE_INFINITY);
    int whole = S.loopBound(length);
    for (int i = 0; i < whole; i += LANES) {
      max = V.cast(max).max(load(src, i));
    }
    if (whole < length) {
      VectorMask<Float> rest = S.indexInRange(whole, length);
      max = V.cast(max).blend(V.cast(max).max(load(src, whole, rest)), rest);
    }
    return V.cast(max).reduceLanes(VectorOperators.MAX);
  }

  /**
   * Sum over the row, of x itself, or of the centred terms, which are also stored. One long method
   * so that C2 compiles it on its own, where there is room to inline the exponential.
   */
  private static float total(long src, long dst, float m, int length, boolean centre) {
    FloatVector low = FloatVector.zero(S);
    FloatVector high = low;
    for (int first = 0; first < PARTIALS; first += LANES) {
      FloatVector partials = FloatVector.zero(S);
      int i = first;
      for (; i <= length - LANES; i += PARTIALS) {
        FloatVector x = load(src, i);
        if (centre) {
          x = V.cast(centred(x, m));
          x.intoMemorySegment(ALL, dst + 4L * i, LE);
          partials = V.cast(accumulate(V.cast(partials), x));
        } else {
          partials = V.cast(partials).add(x);
        }
      }
      if (i < length) {
        VectorMask<Float> rest = S.indexInRange(i, length);
        FloatVector x = load(src, i, rest);
        FloatVector sum = V.cast(partials);
        if (centre) {
          x = V.cast(centred(x, m));
          x.intoMemorySegment(ALL, dst + 4L * i, LE, rest);
          sum = V.cast(accumulate(sum, x));
        } else {
          sum = sum.add(x);
        }
        partials = V.cast(partials).blend(sum, rest);
      }
      if ((first & 4) == 0) {
        low = V.cast(low).add(V.cast(partials));
      } else {
        high = V.cast(high).add(V.cast(partials));
      }
    }
    FloatVector sum = V.cast(V.cast(low).add(V.cast(high)));
    if (LANES == 16) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (LANES >= 8) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    sum = sum.add(sum.rearrange(BY_2));
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  private static FloatVector centred(FloatVector x, float m) {
    return FUNCTION == Function.SOFTMAX ? MATH.exp(x.sub(m)) : x.sub(m);
  }

  private static FloatVector accumulate(FloatVector sum, FloatVector y) {
    return switch (FUNCTION) {
      case SOFTMAX -> sum.add(y);
      case LOG_SOFTMAX -> sum.add(V.cast(MATH.exp(y)));
      case LAYER_NORM, RMS_NORM -> y.lanewise(FMA, y, sum);
    };
  }

  private static float factor(float sum, float epsilon, int length) {
    return switch (FUNCTION) {
      case SOFTMAX -> 1 / sum;
      case LOG_SOFTMAX -> MathF32.log(sum);
      case LAYER_NORM, RMS_NORM -> 1 / (float) Math.sqrt(sum / length + epsilon);
    };
  }

  private static void finish(long row, float factor, long scale, long bias, int length) {
    int whole = S.loopBound(length);
    for (int i = 0; i < whole; i += LANES) {
      FloatVector y = load(row, i);
      if (FUNCTION.isAffine()) {
        y = y.mul(factor);
        FloatVector s = load(scale, i);
        y = bias == 0 ? y.mul(s) : y.lanewise(FMA, s, load(bias, i));
      } else {
        y = FUNCTION == Function.SOFTMAX ? y.mul(factor) : y.sub(factor);
      }
      V.cast(y).intoMemorySegment(ALL, row + 4L * i, LE);
    }
    if (whole < length) {
      finishRest(row, factor, scale, bias, whole, S.indexInRange(whole, length));
    }
  }

  private static void finishRest(
      long row, float factor, long scale, long bias, int i, VectorMask<Float> rest) {
    FloatVector y = load(row, i, rest);
    if (FUNCTION.isAffine()) {
      y = y.mul(factor);
      FloatVector s = load(scale, i, rest);
      y = bias == 0 ? y.mul(s) : y.lanewise(FMA, s, load(bias, i, rest));
    } else {
      y = FUNCTION == Function.SOFTMAX ? y.mul(factor) : y.sub(factor);
    }
    V.cast(y).intoMemorySegment(ALL, row + 4L * i, LE, rest);
  }

  private static FloatVector load(long at, int index) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at + 4L * index, LE));
  }

  private static FloatVector load(long at, int index, VectorMask<Float> mask) {
    return V.cast(FloatVector.fromMemorySegment(S, ALL, at + 4L * index, LE, mask));
  }
}
