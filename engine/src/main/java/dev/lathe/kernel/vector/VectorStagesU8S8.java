package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.MUL;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.Requantize;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link StagesU8S8} in registers. */
final class VectorStagesU8S8 implements StagesU8S8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(S);
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = S.length();
  private static final long V_BYTES = S.vectorByteSize();
  private static final long NR_BYTES = 2 * V_BYTES;

  @Override
  public void widen(long src, long dst, long count) {
    long i = 0;
    for (; i <= count - LANES; i += LANES) {
      VF.cast(VI.cast(BYTES.load(src + i)).convert(I2F, 0))
          .intoMemorySegment(ALL, (dst + 4 * i) & ADDRESS, LE);
    }
    if (i < count) {
      VF.cast(VI.cast(BYTES.load(src + i, (int) (count - i))).convert(I2F, 0))
          .intoMemorySegment(ALL, (dst + 4 * i) & ADDRESS, LE);
    }
  }

  @Override
  public int sum(long elements, int k) {
    IntVector sums = VI.cast(IntVector.zero(I));
    int p = 0;
    for (; p <= k - LANES; p += LANES) {
      FloatVector x =
          VF.cast(FloatVector.fromMemorySegment(S, ALL, (elements + 4L * p) & ADDRESS, LE));
      sums = VI.cast(x.convert(F2I, 0)).lanewise(ADD, VI.cast(sums));
    }
    int sum = VI.cast(sums).reduceLanes(ADD);
    for (; p < k; p++) {
      sum += (int) ALL.get(F32, (elements + 4L * p) & ADDRESS);
    }
    return sum;
  }

  @Override
  public void begin(long rowSums, long zeroPoints, int rows, int columns, long sum) {
    for (int v = 0; v < 2 && columns > v * LANES; v++) {
      long from = (zeroPoints + v * V_BYTES) & ADDRESS;
      IntVector zeros = VI.cast(IntVector.fromMemorySegment(I, ALL, from, LE));
      for (int r = 0; r < rows; r++) {
        int rowSum = ALL.get(I32, (rowSums + 4L * r) & ADDRESS);
        VI.cast(zeros.lanewise(MUL, -rowSum))
            .intoMemorySegment(ALL, (sum + r * NR_BYTES + v * V_BYTES) & ADDRESS, LE);
      }
    }
  }

  @Override
  public void flush(long acc, long sum, int rows, boolean first) {
    for (long at = 0; at < rows * NR_BYTES; at += V_BYTES) {
      FloatVector chunk = VF.cast(FloatVector.fromMemorySegment(S, ALL, (acc + at) & ADDRESS, LE));
      IntVector add = VI.cast(chunk.convert(F2I, 0));
      long to = (sum + at) & ADDRESS;
      if (!first) {
        add = VI.cast(add.lanewise(ADD, VI.cast(IntVector.fromMemorySegment(I, ALL, to, LE))));
      }
      VI.cast(add).intoMemorySegment(ALL, to, LE);
    }
  }

  @Override
  public void store(
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int columns,
      long bias,
      long scale,
      long addend,
      long dst,
      long dstStride) {
    for (int v = 0; v < 2 && columns > v * LANES; v++) {
      long at = v * V_BYTES;
      long more = addend == 0 ? 0 : addend + (long) v * LANES;
      long before = sum == 0 ? 0 : sum + at;
      int count = Math.min(LANES, columns - v * LANES);
      long to = dst + (long) v * LANES;
      storeColumns(
          epilogue, acc + at, before, rows, count, bias + at, scale + at, more, to, dstStride);
    }
  }

  @Override
  public void storeSums(
      long acc, long sum, int rows, int columns, long bias, long dst, long dstStride) {
    for (int v = 0; v < 2 && columns > v * LANES; v++) {
      long column = v * V_BYTES;
      int count = Math.min(LANES, columns - v * LANES);
      IntVector offset =
          VI.cast(IntVector.fromMemorySegment(I, ALL, (bias + column) & ADDRESS, LE));
      for (int r = 0; r < rows; r++) {
        long from = (acc + NR_BYTES * r + column) & ADDRESS;
        IntVector total = total(from, sum == 0 ? 0 : sum + NR_BYTES * r + column, offset);
        long to = (dst + 4L * r * dstStride + column) & ADDRESS;
        if (count == LANES) {
          VI.cast(total).intoMemorySegment(ALL, to, LE);
        } else {
          VI.cast(total).intoMemorySegment(ALL, from, LE);
          for (int i = 0; i < count; i++) {
            ALL.set(I32, to + 4L * i, ALL.get(I32, from + 4L * i));
          }
        }
      }
    }
  }

  /** The float32 sums of the last chunk, those of the chunks before (or 0), and the bias. */
  private static IntVector total(long acc, long sum, IntVector offset) {
    FloatVector chunk = VF.cast(FloatVector.fromMemorySegment(S, ALL, acc & ADDRESS, LE));
    IntVector total = VI.cast(VI.cast(chunk.convert(F2I, 0)).lanewise(ADD, offset));
    return sum == 0
        ? total
        : VI.cast(
            total.lanewise(ADD, VI.cast(IntVector.fromMemorySegment(I, ALL, sum & ADDRESS, LE))));
  }

  private static void storeColumns(
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int count,
      long bias,
      long scale,
      long addend,
      long dst,
      long dstStride) {
    int zeroPoint = epilogue.zeroPoint();
    int min = epilogue.min();
    int max = epilogue.max();
    Requantize.Addend plus = epilogue.addend();
    IntVector offset = VI.cast(IntVector.fromMemorySegment(I, ALL, bias & ADDRESS, LE));
    FloatVector factor = VF.cast(FloatVector.fromMemorySegment(S, ALL, scale & ADDRESS, LE));
    for (int r = 0; r < rows; r++) {
      IntVector total = total(acc + NR_BYTES * r, sum == 0 ? 0 : sum + NR_BYTES * r, offset);
      FloatVector x = VF.cast(VF.cast(VI.cast(total).convert(I2F, 0)).lanewise(MUL, factor));
      long to = dst + r * dstStride;
      if (plus == null || addend == 0) {
        if (count == LANES) {
          BYTES.store(x, zeroPoint, min, max, to);
        } else {
          BYTES.store(x, zeroPoint, min, max, to, count);
        }
      } else {
        long from = addend + r * plus.stride();
        if (count == LANES) {
          x = BYTES.withAddend(x, BYTES.load(from), epilogue, plus);
          BYTES.store(VF.cast(x), 0, min, max, to);
        } else {
          x = BYTES.withAddend(x, BYTES.load(from, count), epilogue, plus);
          BYTES.store(VF.cast(x), 0, min, max, to, count);
        }
      }
    }
  }
}
