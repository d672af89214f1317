package dev.lathe.compress.recover;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Biases that take up what the mean output of a product lost (Nagel et al., <i>Data-Free
 * Quantization</i>, 2019, section 4.2, with observed means).
 */
public final class Biases {

  private Biases() {}

  /** Whether every product of a weight has, or can be given, a bias per filter. */
  public static boolean possible(Graph graph, Weight weight) {
    for (Node node : graph.nodes()) {
      if (node.inputs().contains(weight.name()) && !possible(graph, node, weight)) {
        return false;
      }
    }
    return true;
  }

  private static boolean possible(Graph graph, Node node, Weight weight) {
    boolean plainGemm =
        node.is("Gemm")
            && node.floatAttribute("alpha", 1) == 1
            && (!node.hasInput(2) || node.floatAttribute("beta", 1) == 1);
    if (weight.tensor().dtype() != DType.FLOAT32 || !(node.is("Conv") || plainGemm)) {
      return false;
    }
    Tensor bias = node.hasInput(2) ? graph.constants().get(node.input(2)) : null;
    return !node.hasInput(2) || (bias != null && bias.elements() == weight.view().rows());
  }

  /**
   * Adds to the bias of every product of a weight, each of which gets a constant of its own.
   *
   * @param shift by filter
   */
  public static Network shifted(Network network, Weight weight, double[] shift) {
    GraphEditor editor = GraphEditor.of(network.graph());
    for (Node node : editor.nodes()) {
      if (!node.inputs().contains(weight.name())) {
        continue;
      }
      Tensor old = node.hasInput(2) ? editor.constant(node.input(2)) : null;
      float[] bias = old == null ? new float[shift.length] : old.toFloats();
      for (int i = 0; i < bias.length; i++) {
        bias[i] = (float) (bias[i] + shift[i]);
      }
      List<String> inputs = new ArrayList<>(node.inputs().subList(0, 2));
      inputs.add(editor.addConstant(node.name() + "_bias", Tensor.of(bias, bias.length)));
      editor.replace(node, node.withInputs(inputs));
    }
    return network.withGraph(editor.toGraph());
  }
}
