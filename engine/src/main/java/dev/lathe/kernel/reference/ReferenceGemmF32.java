package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.pack.PanelsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link GemmF32}, one output after the other. */
final class ReferenceGemmF32 implements GemmF32 {

  private static final PanelsF32 LAYOUT = new PanelsF32(4);

  @Override
  public KernelName name() {
    return KernelName.of("f32", "brgemm", mr(), nr(), Isa.SCALAR);
  }

  @Override
  public int mr() {
    return 1;
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
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    for (int i = mFrom; i < mTo; i++) {
      for (int j = nFrom; j < nTo; j++) {
        float acc = 0;
        for (int t = 0; t < shape.taps(); t++) {
          long row = shape.rowOffset(t, i);
          MemorySegment from = row < 0 ? zeros(zeroRow) : lhs;
          long fromAt = row < 0 ? 0 : lhsAt + 4 * row;
          long panelAt = rhsAt + 4 * LAYOUT.index(shape.depth(), t * shape.k(), j);
          for (int k = 0; k < shape.k(); k++) {
            float x = from.get(F32, fromAt + 4L * k);
            float w = rhs.get(F32, panelAt + 4L * k * LAYOUT.nr());
            acc = Math.fma(x, w, acc);
          }
        }
        if (epilogue.bias() != null) {
          acc += epilogue.bias().get(F32, 4L * j);
        }
        if (addend != null) {
          acc += addend.get(F32, addendAt + 4 * (i * epilogue.addendStride() + j));
        }
        dst.set(F32, dstAt + 4 * (i * shape.dstStride() + j), epilogue.clamp(acc));
      }
    }
  }

  private static MemorySegment zeros(@Nullable MemorySegment zeroRow) {
    if (zeroRow == null) {
      throw new IllegalArgumentException("a padding row, but no row of zeros");
    }
    return zeroRow;
  }
}
