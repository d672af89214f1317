package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SparseLayout;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseRowsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmF32}, one output after the other, without a slab: what an entry's offset stands for is
 * computed.
 */
final class ReferenceSpmmF32 implements SpmmF32 {

  @Override
  public KernelName name() {
    return KernelName.of("f32", "spmm", mr(), nr(), Isa.SCALAR);
  }

  @Override
  public int mr() {
    return 1;
  }

  @Override
  public int nr() {
    return 1;
  }

  @Override
  public SparseLayout rhsLayout(SlabShape shape) {
    return new SparseRowsF32(nr(), false, shape);
  }

  @Override
  public void run(
      SlabShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    SparseRowsF32 layout = new SparseRowsF32(nr(), false, shape);
    for (int row = rowFrom; row < rowTo; row++) {
      for (int column = 0; column < shape.width().out(); column++) {
        long pixel = (long) row * shape.width().out() + column;
        for (int j = 0; j < shape.n(); j++) {
          float acc = sum(layout, lhs, lhsAt, rhs, row, column, j);
          if (epilogue.bias() != null) {
            acc += epilogue.bias().get(F32, 4L * j);
          }
          if (addend != null) {
            acc += addend.get(F32, addendAt + 4 * (pixel * epilogue.addendStride() + j));
          }
          dst.set(F32, dstAt + 4 * (pixel * shape.dstStride() + j), epilogue.clamp(acc));
        }
      }
    }
  }

  private static float sum(
      SparseRowsF32 layout,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      int row,
      int column,
      int j) {
    SlabShape shape = layout.shape();
    SparseLists lists = layout.lists();
    float acc = 0;
    for (int chunk = 0; chunk < lists.chunks(); chunk++) {
      int end = rhs.get(I32, lists.startAt(chunk, j + 1));
      for (int entry = rhs.get(I32, lists.startAt(chunk, j)); entry < end; entry++) {
        long at = lists.entriesAt() + (long) entry * lists.entryBytes();
        int offset = rhs.get(I32, at) / 4;
        long pixel = shape.pixel(offset, row, column);
        long element = pixel * shape.lhsStride() + shape.plane(offset);
        float x = pixel < 0 ? 0 : lhs.get(F32, lhsAt + 4 * element);
        acc = Math.fma(rhs.get(F32, at + 4), x, acc);
      }
    }
    return acc;
  }
}
