package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I64;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.SUB;

import dev.lathe.cpu.Isa;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link DepthwiseTilesU8} in registers, two vectors of channels wide.
 *
 * <pre>
 * registers: 4 pixels x 2 accumulators + 2 weights + 1 load of 16
 * range: integers up to 2^24 are exact; a tap adds at most 255 * 255
 * instruction: vfmadd231ps with a memory operand; fmla
 * </pre>
 */
final class VectorDepthwiseTilesU8 implements DepthwiseTilesU8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(Vectors.ints(ISA));
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = S.length();
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  @Override
  public int nr() {
    return 2 * LANES;
  }

  @Override
  public void widen(long src, long pixelBytes, int count, int channels, int zeroPoint, long dst) {
    int first = Math.min(LANES, channels);
    widenColumn(src, pixelBytes, count, first, zeroPoint, dst);
    if (channels > LANES) {
      widenColumn(src + LANES, pixelBytes, count, channels - LANES, zeroPoint, dst + V_BYTES);
    }
  }

  private static void widenColumn(
      long src, long pixelBytes, int count, int channels, int zeroPoint, long dst) {
    if (channels == LANES) {
      for (int i = 0; i < count; i++) {
        IntVector x = VI.cast(VI.cast(BYTES.load(src + i * pixelBytes)).lanewise(SUB, zeroPoint));
        V.cast(x.convert(I2F, 0)).intoMemorySegment(ALL, (dst + i * NR_BYTES) & ADDRESS, LE);
      }
    } else {
      for (int i = 0; i < count; i++) {
        IntVector x = VI.cast(BYTES.load(src + i * pixelBytes, channels));
        x = VI.cast(x.lanewise(SUB, zeroPoint));
        V.cast(x.convert(I2F, 0)).intoMemorySegment(ALL, (dst + i * NR_BYTES) & ADDRESS, LE);
      }
    }
  }

  @Override
  public void widenWeights(long src, long tapBytes, int taps, int channels, long dst) {
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < channels; c++) {
        short weight = ALL.get(I16, (src + t * tapBytes + 2L * c) & ADDRESS);
        ALL.set(F32, (dst + t * NR_BYTES + 4L * c) & ADDRESS, weight);
      }
    }
  }

  @Override
  public void tile(
      long rows,
      long skip,
      int kernelRows,
      int kernelColumns,
      long tapBytes,
      long columnBytes,
      long weights,
      long weightRowBytes,
      long acc) {
    FloatVector c00 = V.cast(FloatVector.zero(S));
    FloatVector c01 = V.cast(FloatVector.zero(S));
    FloatVector c10 = V.cast(FloatVector.zero(S));
    FloatVector c11 = V.cast(FloatVector.zero(S));
    FloatVector c20 = V.cast(FloatVector.zero(S));
    FloatVector c21 = V.cast(FloatVector.zero(S));
    FloatVector c30 = V.cast(FloatVector.zero(S));
    FloatVector c31 = V.cast(FloatVector.zero(S));
    for (int kh = 0; kh < kernelRows; kh++) {
      long w = (weights + kh * weightRowBytes) & ADDRESS;
      long a0 = (ALL.get(I64, (rows + 8L * kh) & ADDRESS) + skip) & ADDRESS;
      long a1 = (a0 + columnBytes) & ADDRESS;
      long a2 = (a1 + columnBytes) & ADDRESS;
      long a3 = (a2 + columnBytes) & ADDRESS;
      for (int kw = 0; kw < kernelColumns; kw++) {
        FloatVector w0 = V.cast(FloatVector.fromMemorySegment(S, ALL, w, LE));
        FloatVector w1 = V.cast(FloatVector.fromMemorySegment(S, ALL, w + V_BYTES, LE));
        FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, a0, LE));
        c00 = x.lanewise(FMA, w0, V.cast(c00));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a0 + V_BYTES, LE));
        c01 = x.lanewise(FMA, w1, V.cast(c01));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a1, LE));
        c10 = x.lanewise(FMA, w0, V.cast(c10));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a1 + V_BYTES, LE));
        c11 = x.lanewise(FMA, w1, V.cast(c11));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a2, LE));
        c20 = x.lanewise(FMA, w0, V.cast(c20));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a2 + V_BYTES, LE));
        c21 = x.lanewise(FMA, w1, V.cast(c21));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a3, LE));
        c30 = x.lanewise(FMA, w0, V.cast(c30));
        x = V.cast(FloatVector.fromMemorySegment(S, ALL, a3 + V_BYTES, LE));
        c31 = x.lanewise(FMA, w1, V.cast(c31));
        w = (w + NR_BYTES) & ADDRESS;
        a0 = (a0 + tapBytes) & ADDRESS;
        a1 = (a1 + tapBytes) & ADDRESS;
        a2 = (a2 + tapBytes) & ADDRESS;
        a3 = (a3 + tapBytes) & ADDRESS;
      }
    }
    long at = acc & ADDRESS;
    V.cast(c00).intoMemorySegment(ALL, at, LE);
    V.cast(c01).intoMemorySegment(ALL, at + V_BYTES, LE);
    V.cast(c10).intoMemorySegment(ALL, at + 2 * V_BYTES, LE);
    V.cast(c11).intoMemorySegment(ALL, at + 3 * V_BYTES, LE);
    V.cast(c20).intoMemorySegment(ALL, at + 4 * V_BYTES, LE);
    V.cast(c21).intoMemorySegment(ALL, at + 5 * V_BYTES, LE);
    V.cast(c30).intoMemorySegment(ALL, at + 6 * V_BYTES, LE);
    V.cast(c31).intoMemorySegment(ALL, at + 7 * V_BYTES, LE);
  }
}
