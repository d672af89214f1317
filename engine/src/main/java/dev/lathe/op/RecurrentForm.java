package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * The extents that RNN, GRU and LSTM share.
 *
 * <pre>
 * X [T,B,I]   W [D,G*H,I]   R [D,G*H,H]   bias [D,2*G*H]   lengths int32 [B]   initial state [D,B,H]
 * Y [T,D,B,H]   last states [D,B,H]
 * layout 1: X [B,T,I]   Y [B,T,D,H]   states [B,D,H]
 * </pre>
 *
 * @param gates G, the matrices per direction
 * @param reverse whether the only direction, or else the second, goes backwards in time
 */
record RecurrentForm(
    int time,
    int batch,
    int input,
    int hidden,
    int gates,
    int directions,
    boolean reverse,
    boolean batchFirst) {

  static final int BIAS = 3;
  static final int LENGTHS = 4;
  static final int INITIAL_STATE = 5;

  /** The form of a node, its operands checked. */
  static RecurrentForm of(Inference inference, int gates) {
    Node node = inference.node();
    for (int input = 0; input < 3; input++) {
      Checks.requireF32(inference, input);
      inference.requireRank(input, 3);
    }
    boolean batchFirst = node.intAttribute("layout", 0) != 0;
    Shape x = inference.shape(0);
    String direction = node.textAttribute("direction", "forward");
    int directions = direction.equals("bidirectional") ? 2 : 1;
    if (directions == 1 && !direction.equals("forward") && !direction.equals("reverse")) {
      throw GraphErrors.invalid(node, "attribute 'direction' is '" + direction + "'");
    }
    int hidden = inference.shape(2).intDim(2);
    if (node.intAttribute("hidden_size", hidden) != hidden) {
      throw GraphErrors.invalid(
          node, "attribute 'hidden_size' differs from the recurrent weights' " + hidden);
    }
    RecurrentForm form =
        new RecurrentForm(
            x.intDim(batchFirst ? 1 : 0),
            x.intDim(batchFirst ? 0 : 1),
            x.intDim(2),
            hidden,
            gates,
            directions,
            direction.equals("reverse"),
            batchFirst);
    form.check(inference);
    return form;
  }

  private void check(Inference inference) {
    long rows = (long) gates * hidden;
    Checks.requireOperand(inference, 1, DType.FLOAT32, Shape.of(directions, rows, input));
    Checks.requireOperand(inference, 2, DType.FLOAT32, Shape.of(directions, rows, hidden));
    Checks.requireOperand(inference, BIAS, DType.FLOAT32, Shape.of(directions, 2 * rows));
    Checks.requireOperand(inference, LENGTHS, DType.INT32, Shape.of(batch));
    Checks.requireOperand(inference, INITIAL_STATE, DType.FLOAT32, stateShape());
  }

  /** Shape of an initial or last state. */
  Shape stateShape() {
    return batchFirst ? Shape.of(batch, directions, hidden) : Shape.of(directions, batch, hidden);
  }

  /** Facts of Y and of two last states. */
  List<TensorFact> outputs() {
    Shape all =
        batchFirst
            ? Shape.of(batch, time, directions, hidden)
            : Shape.of(time, directions, batch, hidden);
    TensorFact state = TensorFact.of(DType.FLOAT32, stateShape());
    return List.of(TensorFact.of(DType.FLOAT32, all), state, state);
  }

  boolean isReverse(int direction) {
    return reverse || direction == 1;
  }

  /** Columns of the projected input, all gates of a direction. */
  int columns() {
    return gates * hidden;
  }

  /** Row of X, and of its projection, of a time and a batch entry. */
  long row(int t, int b) {
    return batchFirst ? (long) b * time + t : (long) t * batch + b;
  }

  /** Rows of the projection between neighbouring batch entries. */
  int rowStep() {
    return batchFirst ? time : 1;
  }

  /** Element of Y at which the state of a time, direction and batch entry begins. */
  long outputAt(int t, int direction, int b) {
    return hidden
        * (batchFirst
            ? ((long) b * time + t) * directions + direction
            : ((long) t * directions + direction) * batch + b);
  }

  /** Element of a state input or output at which a direction's batch entry begins. */
  long stateAt(int direction, int b) {
    return (long) hidden * (batchFirst ? b * directions + direction : direction * batch + b);
  }

  /** Element at which a direction's batch entry begins in working memory [D,B,H]. */
  long workAt(int direction, int b) {
    return (long) hidden * (direction * batch + b);
  }
}
