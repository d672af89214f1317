package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.kernel.pack.SparseLists;
import dev.lathe.kernel.pack.SparseQuadsS8;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link SpmmU8S8}, one output after the other, without a slab: what an entry's offset stands for
 * is computed.
 */
final class ReferenceSpmmU8S8 implements SpmmU8S8 {

  @Override
  public KernelName name() {
    return new KernelName("u8s8", "spmm", mr() + "x" + nr() + "c" + SparseQuadsS8.KR, Isa.SCALAR);
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
  public int planes(int k) {
    return SparseQuadsS8.planes(k, false);
  }

  @Override
  public SparseQuadsS8 rhsLayout(SlabShape shape) {
    return new SparseQuadsS8(nr(), false, shape);
  }

  @Override
  public long scratchBytes(SlabShape shape) {
    return 0;
  }

  @Override
  public void run(
      SlabShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      int lhsZeroPoint,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      long scratchAt,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    long addendStride = Requantization.addendStride(epilogue);
    SparseLists lists = rhsLayout(shape).lists();
    int width = shape.width().out();
    for (int pixel = rowFrom * width; pixel < rowTo * width; pixel++) {
      for (int j = 0; j < shape.n(); j++) {
        int acc = 0;
        for (int chunk = 0; chunk < lists.chunks(); chunk++) {
          int end = rhs.get(I32, lists.startAt(chunk, j + 1));
          for (int entry = rhs.get(I32, lists.startAt(chunk, j)); entry < end; entry++) {
            long at = lists.entriesAt() + (long) entry * lists.entryBytes();
            int offset = rhs.get(I32, at) / 4;
            long input = shape.pixel(offset, pixel / width, pixel % width);
            for (int i = 0; i < SparseQuadsS8.KR; i++) {
              int k = shape.plane(offset) * SparseQuadsS8.KR + i;
              byte w = rhs.get(I8, at + 4 + i);
              if (k < shape.k()) {
                long from = lhsAt + input * shape.lhsStride() + k;
                acc += w * (input < 0 ? lhsZeroPoint : Byte.toUnsignedInt(lhs.get(I8, from)));
              }
            }
          }
        }
        long to = pixel * shape.dstStride() + j;
        switch (epilogue) {
          case Requantize requantize -> {
            long residual = addendAt + pixel * addendStride + j;
            dst.set(I8, dstAt + to, Requantization.apply(requantize, acc, j, addend, residual));
          }
          case StoreInt32(MemorySegment bias) ->
              dst.set(I32, dstAt + 4 * to, acc + bias.get(I32, 4L * j));
        }
      }
    }
  }
}
