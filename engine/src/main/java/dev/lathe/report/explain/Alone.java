package dev.lathe.report.explain;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Networks of one layer, with seeded weights: what the layer takes when it runs by itself. */
final class Alone {

  private static final long OPSET = 13;
  private static final float SCALE = 0.05f;

  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private Map<String, Long> opsets = Map.of("", OPSET);

  private Alone() {}

  /** A layer of some work: NHWC in and out. */
  static Network of(Work work) {
    Alone alone = new Alone();
    ValueInfo input = alone.input(work, work.integer() ? DType.UINT8 : DType.FLOAT32);
    alone.layer(work, "x", "y");
    return alone.network(input, "y");
  }

  /** A float layer between integer ones: dequantized before, quantized after. */
  static Network island(Work work) {
    Alone alone = new Alone();
    ValueInfo input = alone.input(work, DType.UINT8);
    alone.nodes.add(alone.conversion("DequantizeLinear", "x", "float"));
    alone.layer(work.asFloat(), "float", "result");
    alone.nodes.add(alone.conversion("QuantizeLinear", "result", "y"));
    return alone.network(input, "y");
  }

  /** An integer product between float layers, its input's range taken from samples. */
  static Network calibrated(Work work) {
    Alone alone = new Alone();
    ValueInfo input = alone.input(work, DType.FLOAT32);
    alone.nodes.add(alone.conversion("QuantizeLinear", "x", "bytes"));
    alone.layer(work.asInteger(), "bytes", "result");
    alone.nodes.add(alone.conversion("DequantizeLinear", "result", "y"));
    return alone.network(input, "y");
  }

  /** The same, its input's range taken in every run. */
  static Network dynamic(Work work) {
    Alone alone = new Alone();
    ValueInfo input = ValueInfo.of("x", DType.FLOAT32, work.m(), work.channels());
    alone.constant("w", TensorFact.of(DType.INT8, Shape.of(work.channels(), work.outputs())));
    alone.constants.put("ws", filled(work.outputs(), SCALE));
    alone.constants.put("wz", Tensor.zeros(DType.INT8, Shape.of(work.outputs())));
    alone.nodes.addAll(
        List.of(
            node("range", "DynamicQuantizeLinear", List.of("x"), List.of("q", "s", "z"), Map.of()),
            node("layer", "MatMulInteger", List.of("q", "w", "z", "wz"), List.of("p"), Map.of()),
            node(
                "cast",
                "Cast",
                List.of("p"),
                List.of("f"),
                Map.of("to", new Attribute.Int(DType.FLOAT32.code()))),
            node("scale", "Mul", List.of("s", "ws"), List.of("c"), Map.of()),
            node("apply", "Mul", List.of("f", "c"), List.of("y"), Map.of())));
    return alone.network(input, "y");
  }

  /** Some nodes of a graph with their own constants; what they lack are inputs. */
  static Network of(List<Node> nodes, Scene scene) {
    Alone alone = new Alone();
    alone.nodes.addAll(nodes);
    alone.opsets = scene.opsets();
    Set<String> made = new LinkedHashSet<>();
    nodes.forEach(node -> made.addAll(node.outputs()));
    Set<String> inputs = new LinkedHashSet<>();
    Set<String> used = new LinkedHashSet<>();
    for (Node node : nodes) {
      for (String value : node.inputs()) {
        Tensor constant = scene.graph().constants().get(value);
        if (constant != null) {
          alone.constants.put(value, constant);
        } else if (!value.isEmpty() && !made.contains(value)) {
          inputs.add(value);
        }
        used.add(value);
      }
    }
    List<String> outputs =
        made.stream().filter(value -> !value.isEmpty() && !used.contains(value)).toList();
    return alone.network(
        inputs.stream().map(value -> scene.declared(value)).toList(),
        outputs.stream().map(value -> scene.declared(value)).toList());
  }

  private ValueInfo input(Work work, DType type) {
    return ValueInfo.of("x", type, work.batch(), work.height(), work.width(), work.channels());
  }

  private void layer(Work work, String input, String output) {
    Shape weights =
        Shape.of(
            work.outputs(),
            work.channels() / work.groups(),
            work.kernel().get(0),
            work.kernel().get(1));
    constant("w", TensorFact.of(work.integer() ? DType.INT8 : DType.FLOAT32, weights));
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("group", new Attribute.Int(work.groups()));
    attributes.put("strides", new Attribute.Ints(work.strides()));
    attributes.put("dilations", new Attribute.Ints(work.dilations()));
    attributes.put("pads", new Attribute.Ints(work.pads()));
    List<String> inputs = List.of(input, "w", "b");
    if (work.integer()) {
      scale();
      constants.put("ws", filled(work.outputs(), SCALE));
      constants.put("wz", Tensor.zeros(DType.INT8, Shape.of(work.outputs())));
      inputs = List.of(input, "s", "z", "w", "ws", "wz", "s", "z", "b");
    }
    constants.put(
        "b", Tensor.zeros(work.integer() ? DType.INT32 : DType.FLOAT32, Shape.of(work.outputs())));
    nodes.add(
        Node.of(
            "layer",
            Node.LATHE_DOMAIN,
            work.integer() ? "QConv" : "Conv",
            inputs,
            List.of(output),
            attributes));
  }

  private Node conversion(String operator, String from, String to) {
    scale();
    return node(operator, operator, List.of(from, "s", "z"), List.of(to), Map.of());
  }

  private static Node node(
      String name,
      String operator,
      List<String> inputs,
      List<String> outputs,
      Map<String, Attribute> attributes) {
    return Node.of(name, "", operator, inputs, outputs, attributes);
  }

  private void scale() {
    constants.put("s", Tensor.scalar(SCALE));
    constants.put("z", Tensor.zeros(DType.UINT8, Shape.scalar()));
  }

  private void constant(String name, TensorFact fact) {
    constants.put(name, SeededInputs.of(fact, name.hashCode()));
  }

  private static Tensor filled(int count, float value) {
    float[] values = new float[count];
    java.util.Arrays.fill(values, value);
    return Tensor.of(values, count);
  }

  private Network network(ValueInfo input, String output) {
    return network(List.of(input), List.of(new ValueInfo(output, null, null, null)));
  }

  private Network network(List<ValueInfo> inputs, List<ValueInfo> outputs) {
    Graph graph = new Graph("layer", inputs, outputs, constants, nodes, Map.of(), null);
    return new Network(8, opsets, graph, "lathe", Map.of(), null);
  }
}
