package dev.lathe.op;

import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The part of a recurrent layer that does not recur, for the whole sequence at once: {@code X *
 * W^T} plus the biases, [T*B, G*H] per direction.
 */
final class RecurrentProjection {

  private RecurrentProjection() {}

  /**
   * Emits the products.
   *
   * @param recurrentBiases leading columns to which the recurrent bias is added here
   * @return one slot per direction
   */
  static List<Slot> emit(Lowering lowering, RecurrentForm form, int recurrentBiases) {
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    int rows = Math.multiplyExact(form.time(), form.batch());
    int columns = form.columns();
    Tensor bias = lowering.constant(RecurrentForm.BIAS);
    List<Slot> projections = new ArrayList<>();
    for (int d = 0; d < form.directions(); d++) {
      long base = (long) d * columns * form.input();
      PackedOperand weights =
          PackedOperand.transposed(lowering, kernel, 1, base, form.input(), columns);
      Slot dst = lowering.scratch(4L * rows * columns);
      FloatEpilogue epilogue =
          bias == null
              ? FloatEpilogue.NONE
              : Operands.epilogue(
                  lowering, sum(bias, 2 * d * columns, columns, recurrentBiases), 0, columns, 0);
      lowering.emit(
          new GemmF32Step(
              kernel,
              GemmShape.product(rows, columns, form.input(), form.input(), columns),
              1,
              List.of(epilogue),
              new GemmF32Step.Operands(
                  lowering.input(0),
                  image -> 0,
                  weights.constant() == null
                      ? GemmRhs.inSlot(Objects.requireNonNull(weights.slot()), 0, image -> 0)
                      : GemmRhs.perGroup(List.of(weights.constant())),
                  null,
                  dst,
                  0,
                  null,
                  null)));
      if (bias == null && lowering.has(RecurrentForm.BIAS)) {
        addRows(lowering, dst, rows, columns, 2 * d * columns, columns);
        addRows(lowering, dst, rows, columns, (2 * d + 1) * columns, recurrentBiases);
      }
      projections.add(dst);
    }
    return projections;
  }

  private static Tensor sum(Tensor bias, int from, int columns, int recurrentBiases) {
    float[] sums = new float[columns];
    for (int i = 0; i < columns; i++) {
      sums[i] = bias.f32(from + i) + (i < recurrentBiases ? bias.f32(from + columns + i) : 0);
    }
    return Tensor.of(sums, columns);
  }

  /** Adds elements [from, from + count) of the bias to every row of a matrix. */
  private static void addRows(
      Lowering lowering, Slot matrix, int rows, int columns, int from, int count) {
    BinaryF32 kernel = lowering.kernels().pick(BinaryF32.class);
    Slot bias = lowering.input(RecurrentForm.BIAS);
    lowering.emit(
        RangeStep.units(
            kernel.name().toString(),
            rows,
            count / 4,
            (frame, first, end) -> {
              MemorySegment data = frame.segment(matrix);
              for (long row = first; row < end; row++) {
                long at = frame.at(matrix) + 4 * row * columns;
                kernel.run(
                    BinaryF32.Function.ADD,
                    data,
                    at,
                    1,
                    frame.segment(bias),
                    frame.at(bias) + 4L * from,
                    1,
                    data,
                    at,
                    count);
              }
            }));
  }
}
