package dev.lathe.bench.fuzz;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
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
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A random graph while it grows: the float values there are, and the nodes that made them. */
final class Grower {

  /** A float32 value and its shape. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Value(String name, long[] shape) {
    int rank() {
      return shape.length;
    }

    long elements() {
      return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    boolean isSmall() {
      return elements() <= MAX_ELEMENTS / 2;
    }

    /** Whether it has two axes of at least two places after batch and channels. */
    boolean isImage() {
      return rank() == 4 && shape[2] >= 2 && shape[3] >= 2;
    }
  }

  static final long MAX_ELEMENTS = 20_000;

  final Random random;
  private final List<Value> values = new ArrayList<>();
  private final List<ValueInfo> inputs = new ArrayList<>();
  private final List<Tensor> fed = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private int names;

  Grower(long seed) {
    this.random = new Random(seed);
  }

  /** The shape with another size of one axis. */
  static long[] with(long[] shape, int axis, long size) {
    long[] changed = shape.clone();
    changed[axis] = size;
    return changed;
  }

  /** A number of [low, high]. */
  int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  @SafeVarargs
  final <T> T oneOf(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  /** A value that fits, recent ones more likely; null when there is none. */
  @Nullable Value pick(Predicate<Value> fits) {
    List<Value> found = values.stream().filter(fits).toList();
    if (found.isEmpty()) {
      return null;
    }
    int last = found.size() - 1;
    return found.get(Math.max(last - random.nextInt(1 + random.nextInt(found.size())), 0));
  }

  Value input(long... shape) {
    String name = "x" + names++;
    inputs.add(
        new ValueInfo(
            name,
            DType.FLOAT32,
            Arrays.stream(shape).<Dim>mapToObj(Dim.Fixed::new).toList(),
            null));
    fed.add(Tensor.of(normal(shape, 1), shape));
    Value value = new Value(name, shape);
    values.add(value);
    return value;
  }

  float[] normal(long[] shape, double scale) {
    float[] data = new float[(int) new Value("", shape).elements()];
    for (int i = 0; i < data.length; i++) {
      data[i] = (float) (random.nextGaussian() * scale);
    }
    return data;
  }

  String weights(double scale, long... shape) {
    return constant(Tensor.of(normal(shape, scale), shape));
  }

  /** Weights of a product of {@code k} terms that keeps the magnitude. */
  String fanIn(long k, long... shape) {
    return weights(1 / Math.sqrt((double) k), shape);
  }

  String positive(long... shape) {
    float[] data = normal(shape, 0.3);
    for (int i = 0; i < data.length; i++) {
      data[i] = 0.5f + Math.abs(data[i]);
    }
    return constant(Tensor.of(data, shape));
  }

  String longs(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  String constant(Tensor tensor) {
    String name = "c" + names++;
    constants.put(name, tensor);
    return name;
  }

  String fresh() {
    return "v" + names++;
  }

  /** Adds a node and its float output. */
  Value add(String op, long[] shape, Map<String, Attribute> attributes, String... operands) {
    String output = raw(op, attributes, operands);
    Value value = new Value(output, shape);
    values.add(value);
    return value;
  }

  /** Adds a node whose output is not for others to pick. */
  String raw(String op, Map<String, Attribute> attributes, String... operands) {
    String output = fresh();
    raw(op, attributes, List.of(operands), List.of(output));
    return output;
  }

  void raw(String op, Map<String, Attribute> attributes, List<String> operands, List<String> outs) {
    nodes.add(Node.of(op + "_" + outs.getFirst(), "", op, operands, outs, attributes));
  }

  void remember(Value value) {
    values.add(value);
  }

  static Attribute attribute(long value) {
    return new Attribute.Int(value);
  }

  static Attribute attribute(float value) {
    return new Attribute.Real(value);
  }

  static Attribute attribute(String value) {
    return new Attribute.Text(value);
  }

  static Attribute attribute(long[] values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  /** A graph of one node over a value of the graph around it. */
  static Attribute body(String op, String captured) {
    String output = "y_" + op + "_" + captured;
    return new Attribute.OfGraph(
        new Graph(
            "body",
            List.of(),
            List.of(new ValueInfo(output, DType.FLOAT32, null, null)),
            Map.of(),
            List.of(Node.of(output, "", op, List.of(captured), List.of(output), Map.of())),
            Map.of(),
            null));
  }

  List<Tensor> fed() {
    return fed;
  }

  /** What nothing reads becomes an output. */
  Network network(long opset) {
    List<ValueInfo> outputs = new ArrayList<>();
    for (Value value : values) {
      boolean read = nodes.stream().anyMatch(node -> node.inputs().contains(value.name()));
      boolean made = nodes.stream().anyMatch(node -> node.outputs().contains(value.name()));
      if (made && !read) {
        outputs.add(new ValueInfo(value.name(), DType.FLOAT32, null, null));
      }
    }
    Graph graph = new Graph("fuzz", inputs, outputs, constants, nodes, Map.of(), null);
    return new Network(8, Map.of("", opset), graph, "fuzz", Map.of(), null);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Node node : nodes) {
      text.append("\n  ").append(node).append(' ').append(node.attributes());
    }
    return text.toString();
  }

  byte[] bytes(long count) {
    byte[] bytes = new byte[Math.toIntExact(count)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** From -64 to 63, with which ONNX Runtime's sums are exact on processors without VNNI, too. */
  byte[] sevenBits(long count) {
    byte[] bytes = bytes(count);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] >>= 1;
    }
    return bytes;
  }
}
