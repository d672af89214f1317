package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns additions, multiplications and average pooling between DequantizeLinear and QuantizeLinear
 * into integer ones: dev.lathe.QAdd, QMul, QAveragePool and QGlobalAveragePool. What prevents it is
 * noted.
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
      boolean multiplies = node.is("Mul");
      boolean pools = node.is("GlobalAveragePool") || node.is("AveragePool") || isSpatialMean(node);
      boolean pair = adds || multiplies;
      boolean quantized = Quantization.isDequantize(graph.producer(node.input(0)));
      if (pair && !quantized) {
        quantized = Quantization.isDequantize(graph.producer(node.input(1)));
      }
      if ((!pair && !pools) || !quantized) {
        return OTHER;
      }
      Quantization lhs = Quantization.dequantized(graph, node.input(0));
      if (lhs == null || !(pair ? isOperand(lhs) : lhs.isActivation())) {
        return "its input is not quantized to 8 bits with one constant scale";
      }
      QuantizedTail tail = QuantizedTail.of(graph, node.output(0));
      if (tail == null) {
        return QuantizedTail.missing(graph, node.output(0));
      }
      return pair ? pair(node, lhs, tail) : pool(node, lhs, tail);
    }

    /** Whether the integer sum takes it; a constant may be int8, and is made uint8. */
    private boolean isOperand(Quantization operand) {
      boolean constant = graph.constant(operand.node().input(0)) != null;
      return operand.isActivation()
          || (constant
              && operand.perTensor()
              && operand.dtype() == DType.INT8
              && operand.isReversible());
    }

    /** Names of the levels, their scale and zero point, as uint8. */
    private List<String> operand(Quantization operand) {
      String value = operand.node().input(0);
      Tensor levels = graph.constant(value);
      if (levels == null || operand.dtype() != DType.INT8) {
        return List.of(value, operand.scaleName(), operand.zeroPointName());
      }
      byte[] unsigned = levels.data().toArray(Tensor.I8);
      for (int i = 0; i < unsigned.length; i++) {
        unsigned[i] ^= (byte) 0x80;
      }
      byte zero = (byte) (operand.zeroPointOf(0) + 128);
      return List.of(
          graph.addConstant(
              value + "/unsigned", Tensor.of(DType.UINT8, unsigned, levels.shape().dims())),
          operand.scaleName(),
          graph.addConstant(
              value + "/unsigned_zero_point", Tensor.of(DType.UINT8, new byte[] {zero})));
    }

    private String pair(Node node, Quantization lhs, QuantizedTail tail) {
      Quantization rhs = Quantization.dequantized(graph, node.input(1));
      if (rhs == null || !isOperand(rhs)) {
        return "its second operand is not quantized to 8 bits with one constant scale";
      }
      boolean adds = !node.is("Mul");
      double ratio = (double) lhs.scaleOf(0) * rhs.scaleOf(0) / tail.result().scaleOf(0);
      if (adds ? !Quantization.sum(lhs, rhs, tail.result()).isRegular() : !(ratio <= 1e30)) {
        return "its scales are too far apart";
      }
      List<String> inputs = new ArrayList<>(operand(lhs));
      inputs.addAll(operand(rhs));
      inputs.add(tail.result().scaleName());
      inputs.add(tail.result().zeroPointName());
      Node lowered =
          Edits.lathe(node, adds ? "QAdd" : "QMul", inputs).withOutputs(List.of(tail.output()));
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
