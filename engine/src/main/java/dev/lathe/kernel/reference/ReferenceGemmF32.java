package dev.lathe.kernel.reference;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PanelsF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** {@link GemmF32}, one output after the other. */
final class ReferenceGemmF32 extends ReferenceGemmFloat implements GemmF32 {

  private static final PanelsF32 LAYOUT = new PanelsF32(4);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "brgemm", mr(), nr(), Isa.SCALAR);
  }

  @Override
  public int nr() {
    return LAYOUT.nr();
  }

  @Override
  public PackedLayout rhsLayout() {
    return LAYOUT;
  }

  @Override
  float rounded(float x) {
    return x;
  }

  @Override
  float weight(MemorySegment rhs, long at, GemmShape shape, int t, int k, int j) {
    return rhs.get(Tensor.F32, at + 4 * LAYOUT.index(shape.depth(), t * shape.k() + k, j));
  }
}
