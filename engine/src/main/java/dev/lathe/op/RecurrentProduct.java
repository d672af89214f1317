package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The product of one time step, {@code dst = state * R^T (+ projection)}, for some gates and a
 * range of batch entries.
 */
final class RecurrentProduct {

  private final RecurrentForm form;
  private final GemmF32 kernel;
  private final GemmShape shape;
  private final FloatEpilogue epilogue;
  private final List<PackedOperand> weights = new ArrayList<>();
  private final int firstGate;
  private final int dstColumn;

  /**
   * A product with gates [firstGate, endGate) of the recurrent weights.
   *
   * @param dstColumns columns of the destination's rows, of which {@code dstColumn} is the first to
   *     be written
   */
  RecurrentProduct(
      Lowering lowering,
      RecurrentForm form,
      int firstGate,
      int endGate,
      int dstColumns,
      int dstColumn,
      boolean addsProjection) {
    this.form = form;
    this.firstGate = firstGate;
    this.dstColumn = dstColumn;
    kernel = lowering.kernels().pick(GemmF32.class);
    int h = form.hidden();
    int n = (endGate - firstGate) * h;
    shape = GemmShape.product(form.batch(), n, h, h, dstColumns);
    long addendStride = addsProjection ? (long) form.rowStep() * form.columns() : 0;
    epilogue =
        new FloatEpilogue(null, addendStride, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
    for (int d = 0; d < form.directions(); d++) {
      long base = ((long) d * form.gates() + firstGate) * h * h;
      weights.add(PackedOperand.transposed(lowering, kernel, 2, base, h, n));
    }
  }

  /**
   * Computes batch entries [from, to) of a direction.
   *
   * @param state working memory [D,B,H]
   * @param projection read at time {@code t}; null when nothing is added
   * @param dst working memory [D,B,dstColumns]
   */
  void run(
      Frame frame,
      int direction,
      int t,
      int from,
      int to,
      Slot state,
      @Nullable Slot projection,
      Slot dst) {
    PackedOperand rhs = weights.get(direction);
    long addend = form.row(t, 0) * form.columns() + (long) firstGate * form.hidden();
    kernel.run(
        shape,
        epilogue,
        frame.segment(state),
        frame.at(state) + 4 * form.workAt(direction, 0),
        rhs.segment(frame),
        rhs.at(frame),
        null,
        projection == null ? null : frame.segment(projection),
        projection == null ? 0 : frame.at(projection) + 4 * addend,
        frame.segment(dst),
        frame.at(dst) + 4 * ((long) direction * form.batch() * shape.dstStride() + dstColumn),
        from,
        to,
        0,
        shape.n());
  }

  String kernelName() {
    return kernel.name().toString();
  }
}
