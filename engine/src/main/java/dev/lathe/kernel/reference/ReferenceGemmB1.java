package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.SignsF32;
import dev.lathe.kernel.pack.SignPanels;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link GemmB1}, one output after the other. */
final class ReferenceGemmB1 implements GemmB1 {

  private static final SignPanels LAYOUT = new SignPanels(4, SignsF32.WORD);

  @Override
  public KernelName name() {
    return KernelName.of("b1", "brgemm", mr(), nr(), Isa.SCALAR);
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
      MemorySegment scales,
      MemorySegment lhs,
      long lhsAt,
      long nonzeroStep,
      MemorySegment rhs,
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
        int d = 0;
        for (int t = 0; t < shape.taps(); t++) {
          long row = i * shape.lhsStride() + (long) t * SignsF32.words(shape.k());
          d += dot(shape, t, lhs, lhsAt + 4 * row, nonzeroStep, rhs, j);
        }
        float y = d * scales.get(F32, 4L * j);
        if (epilogue.bias() != null) {
          y += epilogue.bias().get(F32, 4L * j);
        }
        if (addend != null) {
          y += addend.get(F32, addendAt + 4 * (i * epilogue.addendStride() + j));
        }
        dst.set(F32, dstAt + 4 * (i * shape.dstStride() + j), epilogue.clamp(y));
      }
    }
  }

  private static int dot(
      GemmShape shape,
      int tap,
      MemorySegment lhs,
      long row,
      long nonzeroStep,
      MemorySegment rhs,
      int n) {
    int nonzeros = 0;
    int differ = 0;
    for (int k = 0; k < shape.k(); k += SignsF32.WORD) {
      long word = row + 4L * (k / SignsF32.WORD);
      int some = -1 >>> (SignsF32.WORD - Math.min(SignsF32.WORD, shape.k() - k));
      some &= nonzeroStep == 0 ? -1 : lhs.get(I32, word + nonzeroStep);
      int weights = rhs.get(I32, LAYOUT.index(shape.taps(), shape.k(), tap, k, n));
      nonzeros += Integer.bitCount(some);
      differ += Integer.bitCount((lhs.get(I32, word) ^ weights) & some);
    }
    return nonzeros - 2 * differ;
  }
}
