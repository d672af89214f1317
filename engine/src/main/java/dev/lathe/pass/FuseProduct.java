package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the addition of a constant bias, and then that of a value of the same shape, part of the
 * MatMul with constant weights before them, when nothing else reads its result. Exact: the same
 * sums in the same order.
 */
final class FuseProduct implements Pass {

  private static final int ADDEND = 3;

  @Override
  public String name() {
    return "fuse-product";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Facts facts = context.facts(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor,
        node ->
            changed[0] |=
                node.is("Add")
                    && (fuseBias(editor, facts, node) || fuseAddend(editor, facts, node)));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean fuseBias(GraphEditor graph, Facts facts, Node add) {
    for (int side = 0; side < 2; side++) {
      Node product = Pattern.producer(graph, add.input(side), "MatMul");
      String bias = add.input(1 - side);
      if (product != null
          && graph.onlyConsumer(add.input(side)) != null
          && isPlain(graph, facts, product)
          && isRow(graph, bias, facts.get(add.output(0)).shape().dim(-1))) {
        List<String> inputs = List.of(product.input(0), product.input(1), bias);
        merge(graph, add, product, Edits.lathe(product, "MatMul", inputs));
        return true;
      }
    }
    return false;
  }

  private static boolean isPlain(GraphEditor graph, Facts facts, Node product) {
    Tensor weights = Edits.floats(graph, product.input(1));
    TensorFact lhs = facts.find(product.input(0));
    return weights != null
        && weights.shape().rank() == 2
        && lhs != null
        && lhs.dtype() == DType.FLOAT32
        && lhs.shape().rank() >= 2;
  }

  private static boolean isRow(GraphEditor graph, String value, long length) {
    Tensor tensor = Edits.floats(graph, value);
    return tensor != null && tensor.shape().equals(Shape.of(length));
  }

  private static boolean fuseAddend(GraphEditor graph, Facts facts, Node add) {
    Shape result = facts.get(add.output(0)).shape();
    for (int side = 0; side < 2; side++) {
      Node product = graph.producer(add.input(side));
      String addend = add.input(1 - side);
      if (product != null
          && Edits.isLathe(product, "MatMul")
          && !product.hasInput(ADDEND)
          && graph.onlyConsumer(add.input(side)) != null
          && !addend.equals(add.input(side))
          && Objects.equals(result, shape(facts, addend))
          && Objects.equals(result, shape(facts, add.input(side)))) {
        merge(graph, add, product, product.withInput(ADDEND, addend));
        return true;
      }
    }
    return false;
  }

  private static @Nullable Shape shape(Facts facts, String value) {
    TensorFact fact = facts.find(value);
    return fact == null ? null : fact.shape();
  }

  private static void merge(GraphEditor graph, Node add, Node product, Node fused) {
    graph.replace(add, fused.withOutputs(List.of(add.output(0))));
    graph.remove(product);
  }
}
