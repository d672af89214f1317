package dev.lathe.compress.surgery;

import dev.lathe.graph.Node;
import java.util.List;

/** Operators that make each element of the output from the elements at its place. */
final class ElementwiseRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of(
        "Abs",
        "Add",
        "And",
        "Cast",
        "Ceil",
        "Celu",
        "Clip",
        "Cos",
        "Div",
        "Dropout",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "Floor",
        "Gelu",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "Max",
        "Mean",
        "Min",
        "Mish",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "PRelu",
        "Pow",
        "Reciprocal",
        "Relu",
        "Round",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Sub",
        "Sum",
        "Tanh",
        "ThresholdedRelu",
        "Where");
  }

  @Override
  public void link(Links links) {
    Node node = links.node();
    // Before opset 7 these said how to broadcast.
    if (node.attributes().containsKey("broadcast") || node.attributes().containsKey("axis")) {
      return;
    }
    for (int output = 0; output < node.outputs().size(); output++) {
      for (int input = 0; input < node.inputs().size(); input++) {
        if (links.has(input) && links.yields(output)) {
          links.broadcast(input, output);
        }
      }
    }
  }
}
