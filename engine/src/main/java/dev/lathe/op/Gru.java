package dev.lathe.op;

import static dev.lathe.kernel.BinaryF32.Function.ADD;
import static dev.lathe.kernel.BinaryF32.Function.MUL;

import dev.lathe.graph.Node;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX GRU, gates in the order update, reset, hidden; float32.
 *
 * <pre>
 * z = f(Xz + H Rz)   r = f(Xr + H Rr)
 * n = g(Xh + (r H) Rh), or with linear_before_reset g(Xh + r (H Rh + Rbh))
 * H = (1 - z) n + z H
 * </pre>
 */
final class Gru extends Recurrent {

  Gru() {
    super("GRU", 3, List.of("Sigmoid", "Tanh"));
  }

  private static boolean linearBeforeReset(Node node) {
    return node.intAttribute("linear_before_reset", 0) != 0;
  }

  @Override
  int gatesWithPlainBias(Node node) {
    return linearBeforeReset(node) ? 2 : 3;
  }

  @Override
  RecurrentStep.Cell cell(Parts parts, List<RecurrentStep.State> states) {
    return new GruCell(parts);
  }

  private static final class GruCell implements RecurrentStep.Cell {

    private final Parts parts;
    private final Slot gates;
    private final Slot work;
    private final @Nullable Slot bias;
    private final boolean linear;
    private final RecurrentProduct updateAndReset;
    private final RecurrentProduct candidate;
    private final RowMath math;
    private final int h;

    GruCell(Parts parts) {
      this.parts = parts;
      RecurrentForm form = parts.form();
      h = form.hidden();
      gates = parts.lowering().scratch(12L * form.directions() * form.batch() * h);
      work = state(parts.lowering(), form);
      linear = linearBeforeReset(parts.lowering().node());
      bias = linear ? optionalInput(parts.lowering(), RecurrentForm.BIAS) : null;
      updateAndReset = new RecurrentProduct(parts.lowering(), form, 0, 2, 3 * h, 0, true);
      candidate =
          linear
              ? new RecurrentProduct(parts.lowering(), form, 2, 3, h, 0, false)
              : new RecurrentProduct(parts.lowering(), form, 2, 3, 3 * h, 2 * h, true);
      math = new RowMath(parts.lowering());
    }

    @Override
    public void advance(Frame frame, int direction, int t, int from, int to) {
      Slot projection = parts.projections().get(direction);
      Slot hidden = parts.hidden();
      updateAndReset.run(frame, direction, t, from, to, hidden, projection, gates);
      if (linear) {
        candidate.run(frame, direction, t, from, to, hidden, null, work);
      }
      RecurrentActivation f = parts.activation(direction, 0);
      for (int b = from; b < to; b++) {
        long at = parts.form().workAt(direction, b);
        math.clip(parts.clip(), frame, gates, 3 * at, 2L * h);
        math.activate(f, frame, gates, 3 * at, 2L * h);
        reset(frame, direction, t, b, at);
      }
      if (!linear) {
        candidate.run(frame, direction, t, from, to, work, projection, gates);
      }
      for (int b = from; b < to; b++) {
        update(frame, direction, parts.form().workAt(direction, b));
      }
    }

    /** Leaves r H in working memory, or the whole candidate among the gates. */
    private void reset(Frame frame, int direction, int t, int b, long at) {
      long reset = 3 * at + h;
      if (!linear) {
        math.apply(MUL, frame, gates, reset, parts.hidden(), at, work, at, h);
        return;
      }
      if (bias != null) {
        long recurrent = (6L * direction + 5) * h;
        math.apply(ADD, frame, work, at, bias, recurrent, work, at, h);
      }
      math.apply(MUL, frame, gates, reset, work, at, work, at, h);
      RecurrentForm form = parts.form();
      long projected = form.row(t, b) * form.columns() + 2L * h;
      Slot projection = parts.projections().get(direction);
      math.apply(ADD, frame, projection, projected, work, at, gates, reset + h, h);
    }

    private void update(Frame frame, int direction, long at) {
      long update = 3 * at;
      long next = update + 2L * h;
      Slot hidden = parts.hidden();
      math.clip(parts.clip(), frame, gates, next, h);
      math.activate(parts.activation(direction, 1), frame, gates, next, h);
      math.complement(frame, gates, update, work, at, h);
      math.apply(MUL, frame, work, at, gates, next, work, at, h);
      math.apply(MUL, frame, gates, update, hidden, at, hidden, at, h);
      math.apply(ADD, frame, work, at, hidden, at, hidden, at, h);
    }

    @Override
    public String kernels() {
      return updateAndReset.kernelName();
    }
  }
}
