package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.kernel.vector.Vectors.LE;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.QuantizeU8;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** {@link QuantizeU8} on the Vector API: whole vectors, then one of fewer elements. */
final class VectorQuantizeU8 implements QuantizeU8 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final VectorSpecies<Float> S = Vectors.floats(ISA);
  private static final Class<? extends FloatVector> V = Vectors.exact(S);
  private static final LanesU8 BYTES = Specialization.of(VectorLanesU8.class, ISA);
  private static final int LANES = S.length();

  @Override
  public KernelName name() {
    return KernelName.of("u8", "quantize", ISA);
  }

  @Override
  public void quantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    long from = Vectors.address(src, srcAt, 4 * count);
    long to = Vectors.address(dst, dstAt, count);
    FloatVector divisor = V.cast(FloatVector.broadcast(S, scale));
    long i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector x = V.cast(FloatVector.fromMemorySegment(S, ALL, (from + 4 * i) & ADDRESS, LE));
      BYTES.store(BYTES.number(V.cast(x.div(divisor))), zeroPoint, 0, 255, to + i);
    }
    if (i < count) {
      int rest = (int) (count - i);
      VectorMask<Float> mask = S.indexInRange(0, rest);
      FloatVector x = FloatVector.fromMemorySegment(S, ALL, (from + 4 * i) & ADDRESS, LE, mask);
      x = V.cast(V.cast(x).div(divisor));
      BYTES.store(BYTES.number(x), zeroPoint, 0, 255, to + i, rest);
    }
  }

  @Override
  public void dequantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    long from = Vectors.address(src, srcAt, count);
    long to = Vectors.address(dst, dstAt, 4 * count);
    long i = 0;
    for (; i <= count - LANES; i += LANES) {
      V.cast(BYTES.dequantize(BYTES.load(from + i), zeroPoint, scale))
          .intoMemorySegment(ALL, (to + 4 * i) & ADDRESS, LE);
    }
    if (i < count) {
      int rest = (int) (count - i);
      V.cast(BYTES.dequantize(BYTES.load(from + i, rest), zeroPoint, scale))
          .intoMemorySegment(ALL, (to + 4 * i) & ADDRESS, LE, S.indexInRange(0, rest));
    }
  }
}
