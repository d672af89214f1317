package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.List;

/**
 * Makes Relu, Clip, and Min and Max with a constant part of the convolution or Gemm before them,
 * when nothing else reads that result. Exact.
 */
final class FuseActivation implements Pass {

  @Override
  public String name() {
    return "fuse-activation";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= fuse(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fuse(GraphEditor graph, Node activation) {
    Clamp clamp = Clamp.of(graph, activation);
    Node product = clamp == null ? null : graph.producer(clamp.input());
    boolean clamps =
        Edits.isLathe(product, "Conv")
            || Edits.isLathe(product, "Gemm")
            || (product != null && product.is("Gemm"));
    if (clamp == null || product == null || !clamps || graph.onlyConsumer(clamp.input()) == null) {
      return false;
    }
    Clamp both =
        clamp.after(
            product.floatAttribute("min", Float.NEGATIVE_INFINITY),
            product.floatAttribute("max", Float.POSITIVE_INFINITY));
    Node fused =
        Edits.lathe(product, product.opType(), product.inputs())
            .withAttribute("min", new Attribute.Real(both.min()))
            .withAttribute("max", new Attribute.Real(both.max()))
            .withOutputs(List.of(activation.output(0)));
    graph.replace(activation, fused);
    graph.remove(product);
    return true;
  }
}
