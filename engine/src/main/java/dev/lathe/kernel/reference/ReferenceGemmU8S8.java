package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.kernel.pack.QuadsS8;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link GemmU8S8}, one output after the other. */
final class ReferenceGemmU8S8 implements GemmU8S8 {

  @Override
  public KernelName name() {
    return new KernelName("u8s8", "brgemm", mr() + "x" + nr() + "c" + QuadsS8.KR, Isa.SCALAR);
  }

  @Override
  public int mr() {
    return 1;
  }

  @Override
  public int nr() {
    return QuadsS8.NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return new QuadsS8();
  }

  @Override
  public long scratchBytes(GemmShape shape) {
    return 0;
  }

  @Override
  public void run(
      GemmShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      @Nullable MemorySegment rhsZeroPoints,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    long addendStride = Requantization.addendStride(epilogue);
    for (int i = mFrom; i < mTo; i++) {
      for (int j = nFrom; j < nTo; j++) {
        int zeroPoint = rhsZeroPoints == null ? 0 : rhsZeroPoints.get(I32, 4L * j);
        int acc = 0;
        for (int t = 0; t < shape.taps(); t++) {
          long row = shape.rowOffset(t, i);
          MemorySegment from = row < 0 ? Objects.requireNonNull(zeroRow, "zero row") : lhs;
          long fromAt = row < 0 ? 0 : lhsAt + row;
          for (int k = 0; k < shape.k(); k++) {
            int a = Byte.toUnsignedInt(from.get(I8, fromAt + k));
            int b = rhs.get(I8, rhsAt + QuadsS8.index(shape.taps(), shape.k(), t, k, j));
            acc += a * (b - zeroPoint);
          }
        }
        long at = i * shape.dstStride() + j;
        switch (epilogue) {
          case Requantize requantize -> {
            long residual = addendAt + i * addendStride + j;
            dst.set(I8, dstAt + at, Requantization.apply(requantize, acc, j, addend, residual));
          }
          case StoreInt32(MemorySegment bias) ->
              dst.set(I32, dstAt + 4 * at, acc + bias.get(I32, 4L * j));
        }
      }
    }
  }
}
