package dev.lathe.report;

import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/** The quantization step of a network's outputs. */
public final class OutputStep {

  private OutputStep() {}

  /**
   * The scale an output is dequantized with; NaN when it is not, or not with one constant scale.
   */
  public static double of(Network network, String output) {
    for (Node node : network.graph().nodes()) {
      if (node.outputs().contains(output) && node.opType().equals("DequantizeLinear")) {
        Tensor scale = network.graph().constants().get(node.input(1));
        if (scale != null && scale.elements() == 1 && scale.dtype() == DType.FLOAT32) {
          return scale.f32(0);
        }
      }
    }
    return Double.NaN;
  }

  /** Elements that are at most one step from the reference's; 0 when the step is not a number. */
  public static long within(Tensor tensor, Tensor reference, double step) {
    Scores left = Scores.of(tensor, List.of());
    Scores right = Scores.of(reference, List.of());
    long within = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      // Half a per mille for the rounding of two dequantized values and their difference.
      within += Math.abs(left.value(i) - right.value(i)) <= 1.0005 * step ? 1 : 0;
    }
    return within;
  }
}
