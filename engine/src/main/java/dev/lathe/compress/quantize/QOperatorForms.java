package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The integer form of each operator, between DequantizeLinear nodes and a QuantizeLinear. */
final class QOperatorForms {

  /**
   * What came of a node.
   *
   * @param node that takes its place and that of the QuantizeLinear; null when there is none
   * @param obstacle why there is none, or empty
   */
  record Made(@Nullable Node node, String obstacle) {}

  /** Levels with their scale and zero point, as names of values. */
  private record Quantized(String levels, String scale, String zeroPoint, @Nullable Tensor zeros) {

    private List<String> inputs() {
      return List.of(levels, scale, zeroPoint);
    }
  }

  private final GraphEditor editor;
  private final Node quantize;

  QOperatorForms(GraphEditor editor, Node quantize) {
    this.editor = editor;
    this.quantize = quantize;
  }

  Made of(Node node) {
    List<Quantized> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      Node dequantize = input.isEmpty() ? null : editor.producer(input);
      inputs.add(
          dequantize != null && dequantize.is("DequantizeLinear")
              ? quantized(dequantize)
              : new Quantized(input, "", "", null));
    }
    return switch (node.opType()) {
      case "Conv" -> product(node, inputs, "", "QLinearConv");
      case "MatMul" -> product(node, inputs, "", "QLinearMatMul");
      case "Gemm" -> product(node, inputs, QOperatorWriter.MICROSOFT, "QGemm");
      case "Add" -> made(node, QOperatorWriter.MICROSOFT, "QLinearAdd", flat(inputs, output()));
      case "GlobalAveragePool", "AveragePool" ->
          made(node, QOperatorWriter.MICROSOFT, "QLinear" + node.opType(), flat(inputs, output()));
      case "Concat" -> made(node, QOperatorWriter.MICROSOFT, "QLinearConcat", concat(inputs));
      case "MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity" ->
          moved(node, inputs.getFirst());
      default -> new Made(null, "ONNX Runtime has no " + node.opType() + " on integers");
    };
  }

  private Quantized quantized(Node dequantize) {
    String zeroPoint = dequantize.hasInput(2) ? dequantize.input(2) : "";
    Tensor zeros = zeroPoint.isEmpty() ? null : editor.constant(zeroPoint);
    return new Quantized(dequantize.input(0), dequantize.input(1), zeroPoint, zeros);
  }

  private List<String> output() {
    return List.of(quantize.input(1), quantize.input(2));
  }

  /** QLinearConv, QLinearMatMul and QGemm; a bias is int32 and has the scale of the products. */
  private Made product(Node node, List<Quantized> inputs, String domain, String opType) {
    Quantized x = inputs.get(0);
    Quantized w = inputs.get(1);
    if (w.zeros == null || x.zeros == null) {
      return new Made(null, "one of its operands is not quantized");
    }
    if (!w.zeros.dtype().isInt8()) {
      return new Made(null, "its weight is " + w.zeros.dtype() + ", not of 8 bits");
    }
    if (x.zeros.dtype() == DType.INT8 && w.zeros.dtype() == DType.UINT8) {
      return new Made(null, "ONNX Runtime multiplies int8 activations with int8 weights only");
    }
    for (long i = 1; i < w.zeros.elements(); i++) {
      if (w.zeros.integer(i) != w.zeros.integer(0)) {
        return new Made(null, "its channels have different zero points, and it takes one");
      }
    }
    List<String> operands = new ArrayList<>(x.inputs());
    operands.addAll(w.inputs());
    boolean biased = inputs.size() > 2 && !inputs.get(2).levels.isEmpty();
    if (opType.equals("QGemm")) {
      operands.add(biased ? inputs.get(2).levels : "");
    }
    operands.addAll(output());
    if (biased && opType.equals("QLinearConv")) {
      operands.add(inputs.get(2).levels);
    }
    return made(node, domain, opType, operands);
  }

  private static List<String> flat(List<Quantized> inputs, List<String> output) {
    List<String> operands = new ArrayList<>();
    inputs.forEach(input -> operands.addAll(input.inputs()));
    operands.addAll(output);
    return operands;
  }

  private List<String> concat(List<Quantized> inputs) {
    List<String> operands = new ArrayList<>(output());
    operands.addAll(flat(inputs, List.of()));
    return operands;
  }

  private Made made(Node node, String domain, String opType, List<String> inputs) {
    Map<String, Attribute> attributes = new LinkedHashMap<>(node.attributes());
    attributes.remove("beta");
    Node form =
        Node.of(node.name(), domain, opType, inputs, List.of(quantize.output(0)), attributes);
    for (Map.Entry<String, String> entry : new HashMap<>(node.metadata()).entrySet()) {
      form = form.withMetadata(entry.getKey(), entry.getValue());
    }
    return new Made(form, "");
  }

  /** The same operator on levels whose meaning it does not change. */
  private Made moved(Node node, Quantized input) {
    if (!output().equals(List.of(input.scale, input.zeroPoint))) {
      return new Made(null, "its output has other parameters than its input");
    }
    return new Made(node.withInput(0, input.levels).withOutputs(List.of(quantize.output(0))), "");
  }
}
