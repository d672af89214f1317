package dev.lathe.op;

import dev.lathe.kernel.RowsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Steps that apply {@link RowsF32} to contiguous rows. */
final class Rows {

  private Rows() {}

  /** dst = softmax of the rows of src. */
  static void softmax(
      Lowering lowering, RowsF32.Function function, Slot src, Slot dst, int length, long rows) {
    emit(lowering, function, 0, null, null, src, dst, length, rows);
  }

  /** dst = a normalization of each row of src without scale and bias. */
  static void normalize(
      Lowering lowering,
      RowsF32.Function function,
      float epsilon,
      Slot src,
      Slot dst,
      int length,
      long rows) {
    MemorySegment ones = lowering.allocate(4L * length);
    for (int i = 0; i < length; i++) {
      ones.set(Tensor.F32, 4L * i, 1);
    }
    emit(lowering, function, epsilon, ones, null, src, dst, length, rows);
  }

  /** The same, times a scale and plus a bias that are known ahead and as long as a row. */
  static void normalize(
      Lowering lowering,
      RowsF32.Function function,
      float epsilon,
      Tensor scale,
      @Nullable Tensor bias,
      Slot src,
      Slot dst,
      int length,
      long rows) {
    emit(
        lowering,
        function,
        epsilon,
        copy(lowering, scale),
        bias == null ? null : copy(lowering, bias),
        src,
        dst,
        length,
        rows);
  }

  private static MemorySegment copy(Lowering lowering, Tensor tensor) {
    MemorySegment copy = lowering.allocate(tensor.data().byteSize());
    MemorySegment.copy(tensor.data(), 0, copy, 0, tensor.data().byteSize());
    return copy;
  }

  private static void emit(
      Lowering lowering,
      RowsF32.Function function,
      float epsilon,
      @Nullable MemorySegment scale,
      @Nullable MemorySegment bias,
      Slot src,
      Slot dst,
      int length,
      long rows) {
    RowsF32 kernel = lowering.kernels().pick(RowsF32.class);
    long rowBytes = 4L * length;
    lowering.emit(
        RangeStep.units(
            kernel.name().toString(),
            rows,
            length * 2L,
            (frame, from, to) ->
                kernel.run(
                    function,
                    epsilon,
                    scale,
                    bias,
                    frame.segment(src),
                    frame.at(src) + from * rowBytes,
                    frame.segment(dst),
                    frame.at(dst) + from * rowBytes,
                    length,
                    to - from)));
  }
}
