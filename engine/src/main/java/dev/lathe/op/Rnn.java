package dev.lathe.op;

import dev.lathe.plan.Frame;
import java.util.List;

/** ONNX RNN: {@code H = f(X W^T + H R^T + Wb + Rb)}; float32. */
final class Rnn extends Recurrent {

  Rnn() {
    super("RNN", 1, List.of("Tanh"));
  }

  @Override
  RecurrentStep.Cell cell(Parts parts, List<RecurrentStep.State> states) {
    return new RnnCell(parts);
  }

  private static final class RnnCell implements RecurrentStep.Cell {

    private final Parts parts;
    private final RecurrentProduct product;
    private final RowMath math;
    private final dev.lathe.plan.Slot next;

    RnnCell(Parts parts) {
      this.parts = parts;
      product =
          new RecurrentProduct(
              parts.lowering(), parts.form(), 0, 1, parts.form().hidden(), 0, true);
      math = new RowMath(parts.lowering());
      next = state(parts.lowering(), parts.form());
    }

    @Override
    public void advance(Frame frame, int direction, int t, int from, int to) {
      int h = parts.form().hidden();
      product.run(
          frame, direction, t, from, to, parts.hidden(), parts.projections().get(direction), next);
      long at = parts.form().workAt(direction, from);
      long count = (long) (to - from) * h;
      math.clip(parts.clip(), frame, next, at, count);
      math.activate(parts.activation(direction, 0), frame, next, at, count);
      math.copy(frame, next, at, parts.hidden(), at, count);
    }

    @Override
    public String kernels() {
      return product.kernelName();
    }
  }
}
