package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.SUB;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SumsF32;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link SumsF32} on the Vector API: whole vectors of a row, then single elements. */
final class VectorSumsF32 implements SumsF32 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final int LANES = S.length();

  @Override
  public KernelName name() {
    return KernelName.of("s32f32", "dequantize", ISA);
  }

  @Override
  public void run(
      Columns columns,
      int zeroPoint,
      float scale,
      MemorySegment sums,
      long sumsAt,
      MemorySegment dst,
      long dstAt,
      long stride,
      int rows,
      int nFrom,
      int nTo) {
    if (rows == 0 || nFrom >= nTo) {
      return;
    }
    long bytes = 4 * ((rows - 1) * stride + nTo);
    long from = Vectors.address(sums, sumsAt, bytes);
    long to = Vectors.address(dst, dstAt, bytes);
    long columnSums = Vectors.address(columns.columnSums(), 0, 4L * nTo);
    long scales = Vectors.address(columns.scales(), 0, 4L * nTo);
    MemorySegment bias = columns.bias();
    long biases = bias == null ? 0 : Vectors.address(bias, 0, 4L * nTo);
    for (int i = 0; i < rows; i++) {
      long row = 4L * i * stride;
      row(zeroPoint, scale, columnSums, scales, biases, from + row, to + row, nFrom, nTo);
    }
  }

  private static void row(
      int zeroPoint,
      float scale,
      long columnSums,
      long scales,
      long biases,
      long from,
      long to,
      int nFrom,
      int nTo) {
    int j = nFrom;
    for (; j <= nTo - LANES; j += LANES) {
      long at = 4L * j;
      IntVector sum = ints(from + at);
      sum = VI.cast(sum.lanewise(SUB, VI.cast(ints(columnSums + at).lanewise(MUL, zeroPoint))));
      FloatVector factor = VF.cast(floats(scales + at).lanewise(MUL, scale));
      FloatVector value = VF.cast(VF.cast(sum.convert(I2F, 0)).lanewise(MUL, factor));
      if (biases != 0) {
        value = VF.cast(value.lanewise(ADD, floats(biases + at)));
      }
      value.intoMemorySegment(ALL, (to + at) & ADDRESS, LE);
    }
    for (; j < nTo; j++) {
      long at = 4L * j;
      int sum =
          ALL.get(I32, (from + at) & ADDRESS)
              - zeroPoint * ALL.get(I32, (columnSums + at) & ADDRESS);
      float value = sum * (scale * ALL.get(F32, (scales + at) & ADDRESS));
      if (biases != 0) {
        value += ALL.get(F32, (biases + at) & ADDRESS);
      }
      ALL.set(F32, (to + at) & ADDRESS, value);
    }
  }

  private static IntVector ints(long at) {
    return VI.cast(IntVector.fromMemorySegment(I, ALL, at & ADDRESS, LE));
  }

  private static FloatVector floats(long at) {
    return VF.cast(FloatVector.fromMemorySegment(S, ALL, at & ADDRESS, LE));
  }
}
