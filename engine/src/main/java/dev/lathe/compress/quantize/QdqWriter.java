package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts the QuantizeLinear and DequantizeLinear nodes of a plan into its graph. */
final class QdqWriter {

  /** First IR version whose nodes carry metadata. */
  private static final long IR_VERSION = 10;

  /** First opset whose QuantizeLinear makes integers of 16 bits. */
  private static final long INT16_OPSET = 21;

  private record Operands(String scale, String zeroPoint) {}

  private final QuantizationPlan plan;
  private final QuantizeOptions options;
  private final Map<String, Range> ranges;
  private final GraphEditor editor;
  private final WeightQuantizer weights;
  private final Map<String, QuantParams> params = new LinkedHashMap<>();
  private final Map<String, Operands> operands = new HashMap<>();
  private final List<QuantizationReport.Activation> activations = new ArrayList<>();

  QdqWriter(QuantizationPlan plan, Map<String, Range> ranges) {
    this.plan = plan;
    this.options = plan.options();
    this.ranges = ranges;
    this.editor = GraphEditor.of(plan.network().graph());
    this.weights = new WeightQuantizer(options, plan.rounded());
  }

  Quantizer.Result write() {
    chooseActivations();
    plan.roles().forEach(this::rewriteWeights);
    plan.sources().forEach(this::rewriteActivation);
    Network network =
        plan.network()
            .withGraph(editor.toGraph())
            .atLeastIr(IR_VERSION)
            .withMetadata(Quantizer.METADATA_KEY, describe());
    if (!domain().isEmpty()) {
      network = network.withOpset(domain(), 1);
    }
    return new Quantizer.Result(
        options.storage() == QuantizeOptions.Storage.OPERATORS
            ? QOperatorWriter.write(network)
            : network,
        new QuantizationReport(weights.weights(), activations, plan.floatNodes(), warnings()));
  }

  private List<String> warnings() {
    List<String> all = new ArrayList<>(plan.warnings());
    all.addAll(weights.warnings());
    return all;
  }

  private String describe() {
    DType type = options.activations();
    return "weights "
        + options.describeWeights()
        + (plan.keeping().isEmpty() ? "" : ", " + plan.keeping().size() + " keep their levels")
        + "; activations "
        + (type == null ? "float" : type + " affine per tensor");
  }

  private void chooseActivations() {
    DType type = options.activations();
    if (type == null) {
      return;
    }
    Levels levels = Levels.affine(type, type.bits());
    for (String source : plan.sources().values()) {
      if (params.containsKey(source)) {
        continue;
      }
      Tensor constant = editor.constant(source);
      Range range =
          constant == null ? ranges.getOrDefault(source, ZERO) : TensorQuantizer.range(constant);
      QuantParams chosen = QuantParams.choose(Scheme.AFFINE, levels, range);
      params.put(source, chosen);
      activations.add(new QuantizationReport.Activation(source, range, chosen));
    }
  }

  private static final Range ZERO = new Range(0, 0);

  private void rewriteWeights(String name, Role role) {
    Node node = editor.node(name);
    if (node == null || !role.hasWeight()) {
      return;
    }
    String weightName = node.input(role.weight());
    Tensor weight = editor.constant(weightName);
    if (weight == null) {
      return;
    }
    boolean integer = options.storage() != QuantizeOptions.Storage.SIMULATED;
    QuantParams input = params.get(sourceOf(node.input(role.activations().getFirst())));
    Tensor bias = role.hasBias() && integer ? editor.constant(node.input(role.bias())) : null;
    if (input == null) {
      bias = null;
    }
    float inputScale = input == null ? 0 : input.scale(0);
    WeightQuantizer.Quantized quantized =
        weights.weight(node, role, weightName, weight, inputScale, bias);

    Node changed = node;
    if (integer) {
      changed = changed.withInput(role.weight(), dequantized(node, weightName, quantized));
    } else {
      changed =
          changed.withInput(
              role.weight(), editor.addConstant(weightName + "_simulated", quantized.values()));
    }
    if (bias != null) {
      float[] scales = WeightQuantizer.biasScales(quantized.params(), inputScale);
      changed = changed.withInput(role.bias(), dequantizedBias(node, role, bias, scales));
    }
    String code =
        plan.keeping().contains(weightName) ? "as it was" : options.at(node).describeWeights();
    editor.replace(
        node,
        changed
            .withMetadata("lathe.weights", code)
            .withMetadata("lathe.weights.sqnr_db", decibels(quantized.error().sqnrDb())));
  }

  static String decibels(double sqnr) {
    return String.format(Locale.ROOT, "%.1f", sqnr);
  }

  private @Nullable String sourceOf(String value) {
    return plan.sources().get(value);
  }

  private String dequantized(Node node, String weightName, WeightQuantizer.Quantized quantized) {
    QuantParams weight = quantized.params();
    Operands points = operands(weightName, weight);
    String levels = editor.addConstant(weightName + "_quantized", quantized.levels());
    return dequantize(
        node,
        weightName,
        List.of(levels, points.scale, points.zeroPoint),
        weight.perTensor() ? QuantParams.PER_TENSOR : weight.axis());
  }

  private String dequantizedBias(Node node, Role role, Tensor bias, float[] scales) {
    String name = node.input(role.bias());
    boolean perTensor = scales.length == 1;
    String levels = editor.addConstant(name + "_quantized", WeightQuantizer.bias(bias, scales));
    String scale =
        editor.addConstant(
            name + "_scale",
            perTensor ? Tensor.scalar(scales[0]) : Tensor.of(scales, scales.length));
    return dequantize(node, name, List.of(levels, scale), perTensor ? QuantParams.PER_TENSOR : 0);
  }

  /** Adds a DequantizeLinear in front of a node and returns its output. */
  private String dequantize(Node anchor, String base, List<String> inputs, int axis) {
    String output = editor.freshName(base + "_dequantized");
    Map<String, Attribute> attributes =
        axis == QuantParams.PER_TENSOR ? Map.of() : Map.of("axis", new Attribute.Int(axis));
    Node current = editor.node(anchor.name());
    editor.insertBefore(
        current == null ? anchor : current,
        Node.of(
            editor.freshName(base + "_DequantizeLinear"),
            "",
            "DequantizeLinear",
            inputs,
            List.of(output),
            attributes));
    return output;
  }

  private Operands operands(String base, QuantParams of) {
    float[] scales = of.scales();
    DType type = of.levels().dtype();
    long[] dims = of.perTensor() ? new long[0] : new long[] {scales.length};
    return new Operands(
        editor.addConstant(base + "_scale", Tensor.of(scales, dims)),
        editor.addConstant(
            base + "_zero_point", TensorQuantizer.integers(type, of.zeroPoints(), dims)));
  }

  /** Of the operators on activations: those of ONNX have 16 bits from opset 21 on. */
  private String domain() {
    DType type = options.activations();
    boolean contributed = type != null && QuantizeOptions.isInt16(type);
    return contributed && plan.network().opset() < INT16_OPSET ? QOperatorWriter.MICROSOFT : "";
  }

  /** Every reader of a quantized value gets it through QuantizeLinear and DequantizeLinear. */
  private void rewriteActivation(String value, String source) {
    QuantParams chosen = params.get(source);
    if (chosen == null) {
      return;
    }
    String domain = domain();
    Operands points = operands.computeIfAbsent(source, name -> operands(name, chosen));
    String output = editor.freshName(value + "_dequantized");
    Tensor constant = editor.constant(value);
    String levels;
    if (constant != null) {
      levels = editor.addConstant(value + "_quantized", TensorQuantizer.quantize(constant, chosen));
    } else {
      levels = editor.freshName(value + "_quantized");
      editor.add(
          Node.of(
              editor.freshName(value + "_QuantizeLinear"),
              domain,
              "QuantizeLinear",
              List.of(value, points.scale, points.zeroPoint),
              List.of(levels),
              Map.of()));
    }
    editor.add(
        Node.of(
            editor.freshName(value + "_DequantizeLinear"),
            domain,
            "DequantizeLinear",
            List.of(levels, points.scale, points.zeroPoint),
            List.of(output),
            Map.of()));
    editor.replaceUses(value, output, reader -> !reader.outputs().contains(levels));
  }
}
