package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;
import static dev.lathe.tensor.Tensor.F32;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.SUB;
import static jdk.incubator.vector.VectorOperators.XOR;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PoolU8;
import dev.lathe.kernel.Window;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link PoolU8}: channels are the lanes, an accumulator stays in a register over all taps.
 *
 * <p>Max: bytes, compared as int8 after a change of sign; the channels that don't fill a vector of
 * bytes as int32. Average: int32 sums.
 */
final class VectorPoolU8 implements PoolU8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Integer> I = Vectors.ints(ISA);
  private static final VectorSpecies<Byte> B = Vectors.bytes(ISA);
  private static final Class<? extends FloatVector> VF = Vectors.exact(Vectors.floats(ISA));
  private static final Class<? extends IntVector> VI = Vectors.exactInt(I);
  private static final Class<? extends ByteVector> VB = Vectors.exactByte(B);
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = I.length();
  private static final byte SIGN = (byte) 0x80;

  @Override
  public KernelName name() {
    return KernelName.of("u8", "pool", ISA);
  }

  @Override
  public void run(
      Window window,
      @Nullable MemorySegment ratios,
      int zeroPoint,
      int outZeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    Objects.checkFromToIndex(rowFrom, rowTo, window.outHeight());
    long from = Vectors.address(src, srcAt, window.inElements());
    long to = Vectors.address(dst, dstAt, window.outElements());
    int width = window.outWidth();
    int channels = window.channels();
    long by = ratios == null ? 0 : Vectors.address(ratios, 0, 4L * window.outHeight() * width);
    long nextColumn = (long) window.dilationWidth() * channels;
    long nextRow = (long) window.dilationHeight() * window.inWidth() * channels;
    for (int oh = rowFrom; oh < rowTo; oh++) {
      int kh = window.kernelRowFrom(oh);
      int rows = window.kernelRowTo(oh) - kh;
      for (int ow = 0; ow < width; ow++) {
        int kw = window.kernelColumnFrom(ow);
        int columns = window.kernelColumnTo(ow) - kw;
        long taps = from + window.inElement(window.inRow(oh, kh), window.inColumn(ow, kw), 0);
        long pixel = (long) oh * width + ow;
        long out = to + pixel * channels;
        if (ratios == null) {
          max(taps, rows, nextRow, columns, nextColumn, channels, out);
        } else {
          float ratio = ALL.get(F32, by + 4 * pixel);
          int zeros = zeroPoint * rows * columns;
          average(
              taps, rows, nextRow, columns, nextColumn, channels, zeros, ratio, outZeroPoint, out);
        }
      }
    }
  }

  private static void max(
      long taps, int rows, long nextRow, int columns, long nextColumn, int channels, long dst) {
    int c = 0;
    for (; c <= channels - B.length(); c += B.length()) {
      ByteVector max = VB.cast(ByteVector.broadcast(B, SIGN));
      for (int kh = 0; kh < rows; kh++) {
        long at = taps + kh * nextRow + c;
        for (int kw = 0; kw < columns; kw++, at += nextColumn) {
          ByteVector tap = VB.cast(ByteVector.fromMemorySegment(B, ALL, at & ADDRESS, LE));
          max = VB.cast(VB.cast(tap.lanewise(XOR, SIGN)).lanewise(MAX, VB.cast(max)));
        }
      }
      VB.cast(max.lanewise(XOR, SIGN)).intoMemorySegment(ALL, (dst + c) & ADDRESS, LE);
    }
    for (; c < channels; c += LANES) {
      int count = Math.min(LANES, channels - c);
      IntVector max = VI.cast(IntVector.zero(I));
      for (int kh = 0; kh < rows; kh++) {
        long at = taps + kh * nextRow + c;
        for (int kw = 0; kw < columns; kw++, at += nextColumn) {
          max = VI.cast(load(at, count).lanewise(MAX, VI.cast(max)));
        }
      }
      store(VF.cast(max.convert(I2F, 0)), 0, dst + c, count);
    }
  }

  /**
   * @param zeros what the sum of all taps is to be lowered by
   */
  private static void average(
      long taps,
      int rows,
      long nextRow,
      int columns,
      long nextColumn,
      int channels,
      int zeros,
      float ratio,
      int zeroPoint,
      long dst) {
    for (int c = 0; c < channels; c += LANES) {
      int count = Math.min(LANES, channels - c);
      IntVector sum = VI.cast(IntVector.zero(I));
      for (int kh = 0; kh < rows; kh++) {
        long at = taps + kh * nextRow + c;
        for (int kw = 0; kw < columns; kw++, at += nextColumn) {
          sum = VI.cast(load(at, count).lanewise(ADD, VI.cast(sum)));
        }
      }
      IntVector level = VI.cast(sum.lanewise(SUB, zeros));
      store(
          VF.cast(VF.cast(level.convert(I2F, 0)).lanewise(MUL, ratio)), zeroPoint, dst + c, count);
    }
  }

  private static IntVector load(long at, int count) {
    return VI.cast(count == LANES ? BYTES.load(at) : BYTES.load(at, count));
  }

  private static void store(FloatVector x, int zeroPoint, long at, int count) {
    if (count == LANES) {
      BYTES.store(x, zeroPoint, 0, 255, at);
    } else {
      BYTES.store(x, zeroPoint, 0, 255, at, count);
    }
  }
}
