package dev.lathe.op;

import static dev.lathe.kernel.BinaryF32.Function.ADD;
import static dev.lathe.kernel.BinaryF32.Function.MUL;

import dev.lathe.graph.Inference;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ONNX LSTM, gates in the order input, output, forget, cell; float32.
 *
 * <pre>
 * i = f(Xi + H Ri + Pi C)   j = f(Xf + H Rf + Pf C), 1 - i with input_forget   c = g(Xc + H Rc)
 * C = j C + i c             o = f(Xo + H Ro + Po C)                            H = o h(C)
 * </pre>
 */
final class Lstm extends Recurrent {

  private static final int INITIAL_CELL = 6;
  private static final int PEEPHOLES = 7;

  Lstm() {
    super("LSTM", 4, List.of("Sigmoid", "Tanh", "Tanh"));
  }

  @Override
  void checkMore(Inference inference, RecurrentForm form) {
    Checks.requireOperand(inference, INITIAL_CELL, DType.FLOAT32, form.stateShape());
    Checks.requireOperand(
        inference, PEEPHOLES, DType.FLOAT32, Shape.of(form.directions(), 3L * form.hidden()));
  }

  @Override
  RecurrentStep.Cell cell(Parts parts, List<RecurrentStep.State> states) {
    Slot cell = state(parts.lowering(), parts.form());
    states.add(
        new RecurrentStep.State(
            cell, optionalInput(parts.lowering(), INITIAL_CELL), output(parts.lowering(), 2)));
    return new LstmCell(parts, cell);
  }

  private static final class LstmCell implements RecurrentStep.Cell {

    private final Parts parts;
    private final Slot cell;
    private final Slot gates;
    private final @Nullable Slot peepholes;
    private final boolean coupled;
    private final RecurrentProduct product;
    private final RowMath math;
    private final int h;

    LstmCell(Parts parts, Slot cell) {
      this.parts = parts;
      this.cell = cell;
      RecurrentForm form = parts.form();
      h = form.hidden();
      gates = parts.lowering().scratch(16L * form.directions() * form.batch() * h);
      peepholes = optionalInput(parts.lowering(), PEEPHOLES);
      coupled = parts.lowering().node().intAttribute("input_forget", 0) != 0;
      product = new RecurrentProduct(parts.lowering(), form, 0, 4, 4 * h, 0, true);
      math = new RowMath(parts.lowering());
    }

    @Override
    public void advance(Frame frame, int direction, int t, int from, int to) {
      product.run(
          frame, direction, t, from, to, parts.hidden(), parts.projections().get(direction), gates);
      for (int b = from; b < to; b++) {
        advance(frame, direction, parts.form().workAt(direction, b));
      }
    }

    /** One batch entry whose states begin at element {@code at}. */
    private void advance(Frame frame, int direction, long at) {
      long input = 4 * at;
      long output = input + h;
      long forget = output + h;
      long candidate = forget + h;
      long scratch = input;
      RecurrentActivation f = parts.activation(direction, 0);

      peep(frame, direction, 0, at, input);
      activate(frame, f, input);
      if (coupled) {
        math.complement(frame, gates, input, gates, forget, h);
      } else {
        peep(frame, direction, 2, at, forget);
        activate(frame, f, forget);
      }
      activate(frame, parts.activation(direction, 1), candidate);
      math.apply(MUL, frame, gates, forget, cell, at, cell, at, h);
      math.apply(MUL, frame, gates, input, gates, candidate, gates, candidate, h);
      math.apply(ADD, frame, cell, at, gates, candidate, cell, at, h);

      peep(frame, direction, 1, at, output);
      activate(frame, f, output);
      math.copy(frame, cell, at, gates, scratch, h);
      math.activate(parts.activation(direction, 2), frame, gates, scratch, h);
      math.apply(MUL, frame, gates, output, gates, scratch, parts.hidden(), at, h);
    }

    private void activate(Frame frame, RecurrentActivation function, long gate) {
      math.clip(parts.clip(), frame, gates, gate, h);
      math.activate(function, frame, gates, gate, h);
    }

    /** Adds P * C to a gate; the previous step's hidden state gives its memory for the product. */
    private void peep(Frame frame, int direction, int index, long at, long gate) {
      if (peepholes != null) {
        long weights = (3L * direction + index) * h;
        Slot product = parts.hidden();
        math.apply(MUL, frame, peepholes, weights, cell, at, product, at, h);
        math.apply(ADD, frame, gates, gate, product, at, gates, gate, h);
      }
    }

    @Override
    public String kernels() {
      return product.kernelName();
    }
  }
}
