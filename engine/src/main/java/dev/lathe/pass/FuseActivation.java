package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes an activation part of the convolution or product before it, when nothing else reads that
 * result: Relu, Clip, and Min and Max with a constant as its clamp, another one as the function it
 * applies to what it stored last. Views between the two stay behind both. Exact.
 */
final class FuseActivation implements Pass {

  private static final Set<String> PRODUCTS = Set.of("Conv", "ConvTranspose", "Gemm", "MatMul");
  private static final Set<String> VIEWS = Set.of("Reshape", "Squeeze", "Unsqueeze", "Flatten");

  @Override
  public String name() {
    return "fuse-activation";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor, node -> changed[0] |= clamp(editor, facts, node) || apply(editor, facts, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean clamp(GraphEditor graph, Facts facts, Node activation) {
    Clamp clamp = Clamp.of(graph, activation);
    Product product = clamp == null ? null : Product.of(graph, facts, clamp.input());
    if (clamp == null || product == null) {
      return false;
    }
    Clamp both =
        clamp.after(
            product.node.floatAttribute("min", Float.NEGATIVE_INFINITY),
            product.node.floatAttribute("max", Float.POSITIVE_INFINITY));
    product.replace(
        graph,
        activation,
        product
            .internal()
            .withAttribute("min", new Attribute.Real(both.min()))
            .withAttribute("max", new Attribute.Real(both.max())));
    return true;
  }

  private static boolean apply(GraphEditor graph, Facts facts, Node activation) {
    ElementFunction function = ElementFunction.of(activation);
    Product product = function == null ? null : Product.of(graph, facts, function.input());
    if (function == null || product == null) {
      return false;
    }
    product.replace(
        graph,
        activation,
        product
            .internal()
            .withAttribute("activation", new Attribute.Text(function.function()))
            .withAttribute("activation_a", new Attribute.Real(function.a()))
            .withAttribute("activation_b", new Attribute.Real(function.b())));
    return true;
  }

  /** A product that may take an activation, and the view between the two. */
  private record Product(Node node, @Nullable Node view) {

    static @Nullable Product of(GraphEditor graph, Facts facts, String value) {
      if (graph.onlyConsumer(value) == null) {
        return null;
      }
      Node producer = graph.producer(value);
      Node view =
          producer != null && producer.domain().isEmpty() && VIEWS.contains(producer.opType())
              ? producer
              : null;
      if (view != null) {
        producer = graph.producer(view.input(0));
        if (graph.onlyConsumer(view.input(0)) == null) {
          return null;
        }
      }
      if (producer == null || !isProduct(facts, producer)) {
        return null;
      }
      boolean open = producer.textAttribute("activation", "").isEmpty();
      return open ? new Product(producer, view) : null;
    }

    private static boolean isProduct(Facts facts, Node node) {
      if (!PRODUCTS.contains(node.opType())) {
        return false;
      }
      TensorFact fact = facts.find(node.output(0));
      boolean plain = node.is("Gemm") || node.is("MatMul");
      boolean isFloat = fact == null || fact.dtype() == DType.FLOAT32;
      return Edits.isLathe(node, node.opType()) || (plain && fact != null && isFloat);
    }

    /** The internal operator of the same name. */
    Node internal() {
      return Edits.lathe(node, node.opType(), node.inputs());
    }

    /** Puts {@code fused} in the place of the activation, the view behind it. */
    void replace(GraphEditor graph, Node activation, Node fused) {
      String result = activation.output(0);
      if (view == null) {
        graph.replace(activation, fused.withOutputs(List.of(result)));
      } else {
        graph.remove(view);
        graph.replace(activation, fused, view.withOutputs(List.of(result)));
      }
      graph.remove(node);
    }
  }
}
