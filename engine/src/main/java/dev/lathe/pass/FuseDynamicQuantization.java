package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one operator of an integer product and what turns its sums into floats, as dynamic
 * quantization writes them: MatMulInteger, Cast, Mul by the scales, Add of a bias become
 * com.microsoft MatMulIntegerToFloat. Exact: the operator computes the same float operations.
 */
final class FuseDynamicQuantization implements Pass {

  @Override
  public String name() {
    return "fuse-dynamic-quantization";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    boolean any = graph.nodes().stream().anyMatch(node -> node.is("MatMulInteger"));
    if (!any) {
      return graph;
    }
    Sweep sweep = new Sweep(GraphEditor.of(graph), context.facts(graph));
    boolean[] changed = {false};
    Edits.forEach(
        sweep.graph,
        node -> {
          if (node.is("MatMulInteger")) {
            String why = sweep.visit(node);
            if (why.isEmpty()) {
              changed[0] = true;
            } else {
              context.notes().add(this, node.name(), why);
            }
          }
        });
    return changed[0] ? sweep.graph.toGraph() : graph;
  }

  /** The two factors of the scale; one is known ahead. */
  private record Scales(String lhs, String rhs) {}

  private record Sweep(GraphEditor graph, Facts facts) {

    /** Replaces the nodes from a product on; returns why not, or an empty text. */
    String visit(Node product) {
      Node cast = graph.onlyConsumer(product.output(0));
      if (cast == null || !cast.is("Cast") || cast.intAttribute("to", 0) != DType.FLOAT32.code()) {
        return "its sums are used as integers";
      }
      Node mul = graph.onlyConsumer(cast.output(0));
      if (mul == null || !mul.is("Mul") || !sameShape(product, mul)) {
        return "its sums are not scaled";
      }
      Scales scales = scales(other(mul, cast.output(0)), columns(product));
      if (scales == null) {
        return "its scales are not one for the input times constants for the columns";
      }
      Node add = graph.onlyConsumer(mul.output(0));
      String bias = "";
      if (add != null && add.is("Add") && sameShape(product, add)) {
        String operand = other(add, mul.output(0));
        bias = isPerColumn(graph.constant(operand), columns(product)) ? operand : "";
      }
      graph.remove(product);
      graph.remove(cast);
      Node last = mul;
      if (add != null && !bias.isEmpty()) {
        graph.remove(mul);
        last = add;
      }
      graph.replace(
          last,
          Node.of(
              product.name(),
              "com.microsoft",
              "MatMulIntegerToFloat",
              List.of(
                  product.input(0),
                  product.input(1),
                  scales.lhs,
                  scales.rhs,
                  product.input(2),
                  product.input(3),
                  bias),
              last.outputs(),
              Map.<String, Attribute>of()));
      return "";
    }

    private static String other(Node node, String operand) {
      return node.input(node.input(0).equals(operand) ? 1 : 0);
    }

    private boolean sameShape(Node product, Node node) {
      return facts.get(product.output(0)).shape().equals(facts.get(node.output(0)).shape());
    }

    private long columns(Node product) {
      Shape shape = facts.get(product.output(0)).shape();
      return shape.rank() == 0 ? 1 : shape.dim(-1);
    }

    private @Nullable Scales scales(String value, long columns) {
      if (isScale(graph.constant(value), columns)) {
        return new Scales(one(), value);
      }
      if (isOne(value)) {
        return new Scales(value, one());
      }
      Node mul = graph.producer(value);
      if (mul == null || !mul.is("Mul")) {
        return null;
      }
      for (int i = 0; i < 2; i++) {
        if (isOne(mul.input(1 - i)) && isScale(graph.constant(mul.input(i)), columns)) {
          return new Scales(mul.input(1 - i), mul.input(i));
        }
      }
      return null;
    }

    private boolean isOne(String value) {
      var fact = facts.get(value);
      return fact.dtype() == DType.FLOAT32 && fact.shape().elements() == 1;
    }

    private static boolean isScale(@Nullable Tensor value, long columns) {
      return value != null
          && value.dtype() == DType.FLOAT32
          && (value.elements() == 1 || isPerColumn(value, columns));
    }

    private static boolean isPerColumn(@Nullable Tensor value, long columns) {
      return value != null
          && value.dtype() == DType.FLOAT32
          && value.elements() == columns
          && value.shape().rank() > 0
          && value.shape().dim(-1) == columns;
    }

    private String one() {
      return graph.addConstant("unit_scale", Tensor.scalar(1));
    }
  }
}
