package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns convolutions and matrix products between DequantizeLinear and QuantizeLinear into integer
 * ones: DQ(x), DQ(w), bias, Conv, Gemm or MatMul, clamps, Q become dev.lathe.QConv or QGemm. What
 * prevents it is noted.
 *
 * <p>A bias that is not int32 in units of {@code scale(x) * scale(w)} already is rounded to it
 * where that changes nothing by more than {@value #MAX_BIAS_ERROR} levels of the result; otherwise
 * the node stays in float.
 */
final class LowerQuantizedProducts implements Pass {

  private static final double SAME_SCALE = 1e-6;

  private static final double MAX_BIAS_ERROR = 0.0078125;

  /** Most products of two uint8 (as differences, 9 bits) that surely sum up in int32. */
  static final long MAX_TERMS = Integer.MAX_VALUE / (255L * 255);

  @Override
  public String name() {
    return "lower-quantized-products";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(
        editor,
        node -> {
          if (!isProduct(node) || !isQuantized(editor, node)) {
            return;
          }
          String why = new Lowering(editor, node, context.opset()).run();
          if (why.isEmpty()) {
            changed[0] = true;
          } else {
            context.notes().add(this, node.name(), why);
          }
        });
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean isProduct(Node node) {
    return node.is("Conv") || node.is("Gemm") || node.is("MatMul");
  }

  private static boolean isQuantized(GraphEditor graph, Node node) {
    return Quantization.isDequantize(graph.producer(node.input(0)))
        || Quantization.isDequantize(graph.producer(node.input(1)));
  }

  /** The attempt at one node. */
  private static final class Lowering {
    private final GraphEditor graph;
    private final Node node;
    private final long opset;
    private final List<Node> consumed = new ArrayList<>();

    Lowering(GraphEditor graph, Node node, long opset) {
      this.graph = graph;
      this.node = node;
      this.opset = opset;
    }

    /** Replaces the node; returns why not, or an empty text. */
    String run() {
      Quantization x = Quantization.dequantized(graph, node.input(0));
      Quantization w = Quantization.dequantized(graph, node.input(1));
      if (x == null || !x.isActivation() || graph.constant(x.node().input(0)) != null) {
        return "its input is not quantized to 8 bits with one constant scale";
      }
      Tensor weights = w == null ? null : graph.constant(w.node().input(0));
      if (w == null || weights == null || !w.dtype().isInt8()) {
        return "its weights are not constant 8-bit integers";
      }
      String misfit = misfit(w, weights.shape());
      if (!misfit.isEmpty()) {
        return misfit;
      }
      int channels = weights.shape().intDim(channelAxis(weights.shape().rank()));
      if (weights.elements() / Math.max(1, channels) > MAX_TERMS) {
        return "its sums could exceed 32 bits";
      }
      String biasValue = node.input(2);
      String result = node.output(0);
      if (node.is("MatMul")) {
        Node add = biasAddition(result, channels);
        if (add != null) {
          biasValue = add.input(add.input(0).equals(result) ? 1 : 0);
          result = add.output(0);
          consumed.add(add);
        }
      }
      QuantizedTail tail = QuantizedTail.of(graph, result);
      if (tail == null) {
        return QuantizedTail.missing(graph, result);
      }
      boolean biased = !biasValue.isEmpty();
      String bias = biased ? bias(biasValue, x, w, tail.result(), channels) : "";
      if (bias == null) {
        return "its bias is no constant of "
            + channels
            + " elements, exceeds 32 bits, or is no multiple of its sums' unit, which is coarse";
      }
      replace(x, w, weights, bias, tail);
      return "";
    }

    private int channelAxis(int rank) {
      boolean byColumn = node.is("MatMul") || node.intAttribute("transB", 0) == 0;
      return node.is("Conv") || !byColumn ? 0 : rank - 1;
    }

    private String misfit(Quantization w, Shape shape) {
      int rank = shape.rank();
      if (node.is("Conv") ? rank != 3 && rank != 4 : rank != 2) {
        return "its weights have " + rank + " axes";
      }
      long axis = w.axis() < 0 ? w.axis() + rank : w.axis();
      if (!w.perTensor() && axis != channelAxis(rank)) {
        return "its weights are quantized along axis " + axis;
      }
      boolean plain =
          !node.is("Gemm")
              || (node.intAttribute("transA", 0) == 0
                  && node.floatAttribute("alpha", 1) == 1
                  && node.floatAttribute("beta", 1) == 1);
      return plain ? "" : "it transposes its input or scales its terms";
    }

    /** The addition of a constant per column that alone reads a MatMul's result, or null. */
    private @Nullable Node biasAddition(String result, int channels) {
      Node add = graph.onlyConsumer(result);
      if (add == null || !add.is("Add")) {
        return null;
      }
      String other = add.input(add.input(0).equals(result) ? 1 : 0);
      double[] values = numbers(other);
      Tensor shaped = operand(other);
      return values != null
              && shaped != null
              && values.length == channels
              && shaped.shape().rank() <= 1
          ? add
          : null;
    }

    private @Nullable Tensor operand(String value) {
      Quantization quantized = Quantization.dequantized(graph, value);
      return graph.constant(quantized == null ? value : quantized.node().input(0));
    }

    /** The elements of a float or dequantized constant; null when it is none. */
    private double @Nullable [] numbers(String value) {
      Quantization quantized = Quantization.dequantized(graph, value);
      Tensor tensor = operand(value);
      if (tensor == null || (quantized == null && tensor.dtype() != DType.FLOAT32)) {
        return null;
      }
      double[] numbers = new double[Math.toIntExact(tensor.elements())];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] =
            quantized == null
                ? tensor.f32(i)
                : (double) (tensor.integer(i) - quantized.zeroPointOf(i)) * quantized.scaleOf(i);
      }
      return numbers;
    }

    /** Name of the int32 bias in units of the accumulator; null when there can be none. */
    private @Nullable String bias(
        String value, Quantization x, Quantization w, Quantization result, int channels) {
      double[] numbers = numbers(value);
      if (numbers == null || numbers.length != channels) {
        return null;
      }
      if (hasAccumulatorUnits(value, x, w, channels)) {
        return graph.producer(value) == null ? value : producerInput(value);
      }
      int[] units = new int[channels];
      for (int c = 0; c < channels; c++) {
        double unit = (double) x.scaleOf(0) * w.scaleOf(c);
        double rounded = Math.rint(numbers[c] / unit);
        double error = Math.abs(rounded * unit - numbers[c]) / result.scaleOf(0);
        if (!(Math.abs(rounded) <= Integer.MAX_VALUE) || !(error <= MAX_BIAS_ERROR)) {
          return null;
        }
        units[c] = (int) rounded;
      }
      return graph.addConstant(node.name() + "/bias", Tensor.of(units, channels));
    }

    private String producerInput(String value) {
      Node producer = graph.producer(value);
      return producer == null ? value : producer.input(0);
    }

    private boolean hasAccumulatorUnits(
        String value, Quantization x, Quantization w, int channels) {
      Quantization quantized = Quantization.dequantized(graph, value);
      if (quantized == null || quantized.dtype() != DType.INT32) {
        return false;
      }
      for (int c = 0; c < channels; c++) {
        double unit = (double) x.scaleOf(0) * w.scaleOf(c);
        if (quantized.zeroPointOf(c) != 0
            || Math.abs(quantized.scaleOf(c) - unit) > unit * SAME_SCALE) {
          return false;
        }
      }
      return true;
    }

    private void replace(
        Quantization x, Quantization w, Tensor weights, String bias, QuantizedTail tail) {
      boolean conv = node.is("Conv");
      int rank = weights.shape().rank();
      String weightName = w.node().input(0);
      List<String> inputs =
          new ArrayList<>(
              List.of(
                  x.node().input(0),
                  x.scaleName(),
                  x.zeroPointName(),
                  conv ? ChannelsLast.weights(graph, weightName, weights) : weightName,
                  w.scaleName(),
                  w.zeroPointName(),
                  tail.result().scaleName(),
                  tail.result().zeroPointName()));
      if (!bias.isEmpty()) {
        inputs.add(bias);
      }
      Map<String, Attribute> attributes = new LinkedHashMap<>();
      if (conv) {
        attributes.putAll(ChannelsLast.windowAttributes(node, rank));
      } else {
        attributes.put("transB", new Attribute.Int(node.intAttribute("transB", 0)));
      }
      attributes.put("min", new Attribute.Int(tail.min()));
      attributes.put("max", new Attribute.Int(tail.max()));
      Node lowered =
          ChannelsLast.withAttributes(
              Edits.lathe(node, conv ? "QConv" : "QGemm", inputs)
                  .withOutputs(List.of(tail.output())),
              attributes);
      consumed.forEach(graph::remove);
      tail.remove(graph);
      if (conv) {
        ChannelsLast.replace(graph, node, lowered, rank, opset);
      } else {
        graph.replace(node, lowered);
      }
    }
  }
}
