package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.GemmShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link GemmFloat}, one output after the other: a chain of multiply-adds each. */
abstract class ReferenceGemmFloat implements GemmFloat {

  /** An element of the left operand as it is multiplied. */
  abstract float rounded(float x);

  /** B[t][k][j] of the packed operand at {@code at}. */
  abstract float weight(MemorySegment rhs, long at, GemmShape shape, int t, int k, int j);

  @Override
  public int mr() {
    return 1;
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
          for (int k = 0; k < shape.k(); k++) {
            float x = rounded(from.get(F32, fromAt + 4L * k));
            float w = weight(rhs, rhsAt, shape, t, k, j);
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
