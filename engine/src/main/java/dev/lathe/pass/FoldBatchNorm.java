package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Folds BatchNormalization into the weights and bias of the Conv or Gemm before it, unless
 * something else reads that result. Weights are rounded to float32 once, so outputs change within
 * rounding.
 */
final class FoldBatchNorm implements Pass {

  @Override
  public String name() {
    return "fold-batch-norm";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor, node -> changed[0] |= isInference(node, context.opset()) && fold(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  /** Before opset 7 an attribute had to say so. */
  private static boolean isInference(Node node, long opset) {
    return opset >= 7 || node.intAttribute("is_test", 0) != 0;
  }

  private static boolean fold(GraphEditor graph, Node node) {
    Affine affine = Affine.of(graph, node);
    ProductWeights product = ProductWeights.of(graph, graph.producer(node.input(0)));
    if (affine == null
        || product == null
        || product.channels() != affine.channels()
        || graph.onlyConsumer(node.input(0)) == null) {
      return false;
    }
    Node folded = product.rescale(graph, affine::factor, affine::shift);
    Edits.bypass(graph, node, folded.output(0));
    return true;
  }

  /** BatchNormalization with constant parameters: {@code factor(c) * x + shift(c)}. */
  record Affine(Tensor scale, Tensor bias, Tensor mean, Tensor variance, float epsilon) {

    /** The parameters of a BatchNormalization at inference; null for other nodes. */
    static @Nullable Affine of(GraphEditor graph, Node node) {
      if (!node.is("BatchNormalization") || node.intAttribute("training_mode", 0) != 0) {
        return null;
      }
      for (int i = 1; i < node.outputs().size(); i++) {
        String output = node.output(i);
        if (!output.isEmpty() && !graph.consumers(output).isEmpty()) {
          return null;
        }
      }
      Tensor scale = Edits.floats(graph, node.input(1));
      Tensor bias = Edits.floats(graph, node.input(2));
      Tensor mean = Edits.floats(graph, node.input(3));
      Tensor variance = Edits.floats(graph, node.input(4));
      if (scale == null || bias == null || mean == null || variance == null) {
        return null;
      }
      long channels = scale.elements();
      boolean fits =
          bias.elements() == channels
              && mean.elements() == channels
              && variance.elements() == channels;
      return fits
          ? new Affine(scale, bias, mean, variance, node.floatAttribute("epsilon", 1e-5f))
          : null;
    }

    int channels() {
      return Math.toIntExact(scale.elements());
    }

    double factor(int channel) {
      return scale.f32(channel) / Math.sqrt((double) variance.f32(channel) + epsilon);
    }

    double shift(int channel) {
      return bias.f32(channel) - mean.f32(channel) * factor(channel);
    }
  }
}
