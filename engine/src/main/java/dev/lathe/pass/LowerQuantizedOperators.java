package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns additions and average pooling between DequantizeLinear and QuantizeLinear into integer
 * ones: dev.lathe.QAdd, QAveragePool and QGlobalAveragePool. What prevents it is noted.
 */
final class LowerQuantizedOperators implements Pass {

  @Override
  public String name() {
    return "lower-quantized-operators";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    Sweep sweep = new Sweep(GraphEditor.of(graph), context.facts(graph), context.opset());
    boolean[] changed = {false};
    Edits.forEach(
        sweep.graph,
        node -> {
          String why = sweep.visit(node);
          if (why.isEmpty()) {
            changed[0] = true;
          } else if (!why.equals(Sweep.OTHER)) {
            context.notes().add(this, node.name(), why);
          }
        });
    return changed[0] ? sweep.graph.toGraph() : graph;
  }

  private record Sweep(GraphEditor graph, Facts facts, long opset) {

    /** Says that a node is none of this pass's kinds. */
    static final String OTHER = "other";

    /** Replaces a node; returns why not, or an empty text. */
    String visit(Node node) {
      boolean adds = node.is("Add") || (node.is("Sum") && node.inputs().size() == 2);
      boolean pools = node.is("GlobalAveragePool") || node.is("AveragePool") || isSpatialMean(node);
      if ((!adds && !pools) || !Quantization.isDequantize(graph.producer(node.input(0)))) {
        return OTHER;
      }
      Quantization lhs = Quantization.dequantized(graph, node.input(0));
      if (lhs == null || !lhs.isActivation()) {
        return "its input is not quantized to 8 bits with one constant scale";
      }
      QuantizedTail tail = QuantizedTail.of(graph, node.output(0));
      if (tail == null) {
        return QuantizedTail.missing(graph, node.output(0));
      }
      return adds ? add(node, lhs, tail) : pool(node, lhs, tail);
    }

    private String add(Node node, Quantization lhs, QuantizedTail tail) {
      Quantization rhs = Quantization.dequantized(graph, node.input(1));
      if (rhs == null || !rhs.isActivation()) {
        return "its second operand is not quantized to 8 bits with one constant scale";
      }
      Shape shape = facts.get(node.input(0)).shape();
      if (!shape.equals(facts.get(node.input(1)).shape())) {
        return "its operands have shapes " + shape + " and " + facts.get(node.input(1)).shape();
      }
      if (!Quantization.sum(lhs, rhs, tail.result()).isRegular()) {
        return "its scales are too far apart";
      }
      Node lowered =
          Edits.lathe(
                  node,
                  "QAdd",
                  List.of(
                      lhs.node().input(0),
                      lhs.scaleName(),
                      lhs.zeroPointName(),
                      rhs.node().input(0),
                      rhs.scaleName(),
                      rhs.zeroPointName(),
                      tail.result().scaleName(),
                      tail.result().zeroPointName()))
              .withOutputs(List.of(tail.output()));
      tail.remove(graph);
      graph.replace(
          node,
          ChannelsLast.withAttributes(
              lowered,
              Map.of("min", new Attribute.Int(tail.min()), "max", new Attribute.Int(tail.max()))));
      return "";
    }

    private String pool(Node node, Quantization source, QuantizedTail tail) {
      int rank = facts.get(node.input(0)).shape().rank();
      if (rank != 4) {
        return "it pools over " + (rank - 2) + " axes";
      }
      if (!tail.clamps().isEmpty()) {
        return "its result is clamped before it is quantized";
      }
      Shape result = facts.get(node.output(0)).shape();
      boolean window = node.is("AveragePool");
      String pooled = tail.output();
      tail.remove(graph);
      if (result.rank() != 4) {
        pooled = graph.freshName(tail.output() + "/pooled");
        graph.insertAfter(node, Edits.reshape(graph, pooled, tail.output(), result.dims()));
      }
      Map<String, Attribute> attributes =
          window ? new LinkedHashMap<>(node.attributes()) : Map.of();
      Node lowered =
          Edits.lathe(
                  node,
                  window ? "QAveragePool" : "QGlobalAveragePool",
                  List.of(
                      source.node().input(0),
                      source.scaleName(),
                      source.zeroPointName(),
                      tail.result().scaleName(),
                      tail.result().zeroPointName()))
              .withOutputs(List.of(pooled));
      ChannelsLast.replace(graph, node, ChannelsLast.withAttributes(lowered, attributes), 4, opset);
      return "";
    }

    private boolean isSpatialMean(Node node) {
      TensorFact image = node.is("ReduceMean") ? facts.find(node.input(0)) : null;
      long[] axes = AxisRemap.list(graph, node, "axes", 1);
      return image != null
          && axes != null
          && image.shape().rank() == 4
          && ChannelsLast.areSpatial(axes, 4);
    }
  }
}
