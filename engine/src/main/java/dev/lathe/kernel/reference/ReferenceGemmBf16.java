package dev.lathe.kernel.reference;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmBf16;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PairsBf16;
import dev.lathe.quant.Bfloat16;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** {@link GemmBf16}, one output after the other. */
final class ReferenceGemmBf16 extends ReferenceGemmFloat implements GemmBf16 {

  private static final PairsBf16 LAYOUT = new PairsBf16();

  @Override
  public KernelName name() {
    return new KernelName("bf16", "brgemm", mr() + "x" + nr() + "c2", Isa.SCALAR);
  }

  @Override
  public int nr() {
    return PairsBf16.NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return LAYOUT;
  }

  @Override
  float rounded(float x) {
    return Bfloat16.toFloat(Bfloat16.of(x));
  }

  @Override
  float weight(MemorySegment rhs, long at, GemmShape shape, int t, int k, int j) {
    long element = LAYOUT.index(shape.taps(), shape.k(), t, k, j);
    return Bfloat16.toFloat(rhs.get(Tensor.I16, at + 2 * element));
  }
}
