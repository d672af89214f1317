package dev.lathe.compress.quantize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Builds small networks for tests. */
final class Nets {

  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<ValueInfo> outputs = new ArrayList<>();
  private final Random random = new Random(11);

  Nets input(String name, long... dims) {
    inputs.add(ValueInfo.of(name, DType.FLOAT32, dims));
    return this;
  }

  Nets output(String name, long... dims) {
    outputs.add(ValueInfo.of(name, DType.FLOAT32, dims));
    return this;
  }

  Nets constant(String name, Tensor value) {
    constants.put(name, value);
    return this;
  }

  /** A constant of seeded values in [-1, 1). */
  Nets weights(String name, long... dims) {
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return constant(name, Tensor.of(values, dims));
  }

  Nets node(String opType, String inputs, String output, Map<String, Attribute> attributes) {
    List<String> names =
        Arrays.stream(inputs.split(" ", -1)).map(n -> n.equals("-") ? "" : n).toList();
    nodes.add(Node.of("n_" + output, "", opType, names, List.of(output), attributes));
    return this;
  }

  Nets node(String opType, String inputs, String output) {
    return node(opType, inputs, output, Map.of());
  }

  Network build(long opset) {
    Graph graph = new Graph("test", inputs, outputs, constants, nodes, Map.of(), null);
    return new Network(7, Map.of("", opset), graph, "test", Map.of(), null);
  }

  static Tensor constant(Graph graph, String name) {
    return Objects.requireNonNull(graph.constants().get(name), name);
  }

  static Map<String, Attribute> ints(String key, long... values) {
    return Map.of(key, new Attribute.Ints(Arrays.stream(values).boxed().toList()));
  }

  /** Convolution, ReLU, pooling, a residual block, a classifier. */
  static Network residual() {
    return new Nets()
        .input("x", 1, 3, 8, 8)
        .weights("w0", 8, 3, 3, 3)
        .weights("b0", 8)
        .node("Conv", "x w0 b0", "c0", ints("pads", 1, 1, 1, 1))
        .node("Relu", "c0", "r0")
        .node("MaxPool", "r0", "p0", kernel2())
        .weights("w1", 8, 8, 3, 3)
        .node("Conv", "p0 w1", "c1", ints("pads", 1, 1, 1, 1))
        .node("Add", "c1 p0", "a0")
        .node("Relu", "a0", "r1")
        .node("GlobalAveragePool", "r1", "g")
        .node("Flatten", "g", "f")
        .weights("w2", 10, 8)
        .weights("b2", 10)
        .node("Gemm", "f w2 b2", "y", Map.of("transB", new Attribute.Int(1)))
        .output("y", 1, 10)
        .build(13);
  }

  static Map<String, Attribute> kernel2() {
    Map<String, Attribute> attributes = new LinkedHashMap<>(ints("kernel_shape", 2, 2));
    attributes.putAll(ints("strides", 2, 2));
    return attributes;
  }
}
