package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.AddU8;
import dev.lathe.kernel.KernelName;
import java.lang.foreign.MemorySegment;

/** {@link AddU8}, one element after the other. */
final class ReferenceAddU8 implements AddU8 {

  @Override
  public KernelName name() {
    return KernelName.of("u8", "add", Isa.SCALAR);
  }

  @Override
  public void run(
      Params params,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      MemorySegment dst,
      long dstAt,
      long count) {
    for (long i = 0; i < count; i++) {
      int a = Byte.toUnsignedInt(lhs.get(I8, lhsAt + i));
      int b = Byte.toUnsignedInt(rhs.get(I8, rhsAt + i));
      dst.set(I8, dstAt + i, (byte) params.sum().level(a, b, params.min(), params.max()));
    }
  }
}
