package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What RNN, GRU and LSTM share: the input is projected in one product over the whole sequence, then
 * a step goes through time with one product per time step.
 */
abstract class Recurrent implements Operator {

  private final String opType;
  private final int gates;
  private final List<String> activations;

  /**
   * An operator.
   *
   * @param activations default functions of one direction
   */
  Recurrent(String opType, int gates, List<String> activations) {
    this.opType = opType;
    this.gates = gates;
    this.activations = activations;
  }

  /** What a cell is made of. */
  record Parts(
      Lowering lowering,
      RecurrentForm form,
      List<Slot> projections,
      Slot hidden,
      List<RecurrentActivation> activations,
      float clip) {

    /** Function {@code index} of a direction. */
    RecurrentActivation activation(int direction, int index) {
      return activations.get(direction * (activations.size() / form.directions()) + index);
    }
  }

  /** Makes the cell, and adds states other than the hidden one. */
  abstract RecurrentStep.Cell cell(Parts parts, List<RecurrentStep.State> states);

  /** Leading gates whose recurrent bias is added outside the recurrence. */
  int gatesWithPlainBias(Node node) {
    return gates;
  }

  /** Checks operands that only one of the operators has. */
  void checkMore(Inference inference, RecurrentForm form) {}

  @Override
  public final List<Key> keys() {
    return List.of(Key.onnx(opType));
  }

  @Override
  public final List<TensorFact> infer(Inference inference) {
    RecurrentForm form = RecurrentForm.of(inference, gates);
    checkMore(inference, form);
    Node node = inference.node();
    clip(node);
    RecurrentActivation.of(node, activations, form.directions());
    if (!opType.equals("LSTM") && node.outputs().size() > 2) {
      throw GraphErrors.invalid(node, "has more than two outputs");
    }
    return form.outputs();
  }

  private static float clip(Node node) {
    float clip = node.floatAttribute("clip", Float.POSITIVE_INFINITY);
    if (!(clip > 0)) {
      throw GraphErrors.invalid(node, "attribute 'clip' is " + clip + ", expected more than 0");
    }
    return clip;
  }

  @Override
  public final void lower(Lowering lowering) {
    Node node = lowering.node();
    RecurrentForm form = RecurrentForm.of(lowering.inference(), gates);
    List<Slot> projections =
        RecurrentProjection.emit(lowering, form, gatesWithPlainBias(node) * form.hidden());
    Slot hidden = state(lowering, form);
    List<RecurrentStep.State> states = new ArrayList<>();
    states.add(
        new RecurrentStep.State(
            hidden, optionalInput(lowering, RecurrentForm.INITIAL_STATE), output(lowering, 1)));
    Parts parts =
        new Parts(
            lowering,
            form,
            projections,
            hidden,
            RecurrentActivation.of(node, activations, form.directions()),
            clip(node));
    RecurrentStep.Cell cell = cell(parts, states);
    lowering.emit(
        new RecurrentStep(
            form,
            cell,
            List.copyOf(states),
            optionalInput(lowering, RecurrentForm.LENGTHS),
            output(lowering, 0)));
  }

  /** Working memory [D,B,H]. */
  static Slot state(Lowering lowering, RecurrentForm form) {
    return lowering.scratch(4L * form.directions() * form.batch() * form.hidden());
  }

  static @Nullable Slot optionalInput(Lowering lowering, int input) {
    return lowering.has(input) ? lowering.input(input) : null;
  }

  static @Nullable Slot output(Lowering lowering, int output) {
    return lowering.isUsed(output) ? lowering.output(output) : null;
  }
}
