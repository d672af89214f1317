package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/** One node with its operands, to be run by Lathe and by an oracle. */
final class OperatorCase {

  private final String domain;
  private final String opType;
  private final long opset;
  private final List<String> inputs = new ArrayList<>();
  private final Map<String, Attribute> attributes = new LinkedHashMap<>();
  private final Map<String, Tensor> fed = new LinkedHashMap<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final Random random;
  private List<Integer> outputs = List.of(0);
  private double tolerance;

  private OperatorCase(String domain, String opType, long opset) {
    this.domain = domain;
    this.opType = opType;
    this.opset = opset;
    this.random = new Random(opType.hashCode() * 31L + opset);
  }

  /** A node of the default domain without inputs; its random operands depend only on its name. */
  static OperatorCase op(String opType, long opset) {
    return new OperatorCase("", opType, opset);
  }

  /** The same operator and attributes as another case, without its operands. */
  static OperatorCase op(OperatorCase other) {
    return new OperatorCase(other.domain, other.opType, other.opset).like(other);
  }

  /** The same of the internal domain. */
  static OperatorCase lathe(String opType) {
    return new OperatorCase(Node.LATHE_DOMAIN, opType, 1);
  }

  /** The same of ONNX Runtime's domain. */
  static OperatorCase microsoft(String opType) {
    return new OperatorCase(Microsoft.DOMAIN, opType, 17);
  }

  /** Adds a run-time input of random contents: floats in [-4, 4), integers that fit the type. */
  OperatorCase random(DType type, long... dims) {
    Tensor tensor = Tensor.zeros(type, Shape.of(dims));
    for (long i = 0; i < tensor.elements(); i++) {
      if (type.isFloat()) {
        Elements.putDouble(type, tensor.data(), 0, i, random.nextFloat() * 8 - 4);
      } else {
        Elements.putLong(type, tensor.data(), 0, i, random.nextInt(type == DType.BOOL ? 2 : 200));
      }
    }
    return fed(tensor);
  }

  /** Adds a random fp32 run-time input. */
  OperatorCase f32(long... dims) {
    return random(DType.FLOAT32, dims);
  }

  /** Adds a run-time input. */
  OperatorCase fed(Tensor tensor) {
    String name = "x" + inputs.size();
    inputs.add(name);
    fed.put(name, tensor);
    return this;
  }

  /** Makes the latest input one that is known at planning time. */
  OperatorCase known() {
    String name = inputs.getLast();
    constants.put(name, Objects.requireNonNull(fed.remove(name)));
    return this;
  }

  /** Adds an int64 operand known at planning time. */
  OperatorCase ints(long... values) {
    return fed(Tensor.of(values, values.length)).known();
  }

  /** Adds an omitted optional input. */
  OperatorCase none() {
    inputs.add("");
    return this;
  }

  OperatorCase with(String key, long value) {
    return with(key, new Attribute.Int(value));
  }

  OperatorCase with(String key, float value) {
    return with(key, new Attribute.Real(value));
  }

  OperatorCase with(String key, String value) {
    return with(key, new Attribute.Text(value));
  }

  OperatorCase with(String key, long... values) {
    return with(key, new Attribute.Ints(Arrays.stream(values).boxed().toList()));
  }

  OperatorCase with(String key, Attribute value) {
    attributes.put(key, value);
    return this;
  }

  /** Takes over the attributes of another node. */
  OperatorCase like(OperatorCase other) {
    attributes.putAll(other.attributes);
    return this;
  }

  /** The first operand. */
  Tensor first() {
    return operand(inputs.getFirst());
  }

  /** Every operand, none of which is omitted. */
  List<Tensor> operands() {
    return inputs.stream().map(this::operand).toList();
  }

  /** The operand added last. */
  Tensor latest() {
    return operand(inputs.getLast());
  }

  /** The outputs ONNX Runtime computes. */
  List<Tensor> expected() throws OrtException {
    return OnnxRuntime.run(node(), opset, fed, constants);
  }

  OperatorCase outputs(int count) {
    outputs = IntStream.range(0, count).boxed().toList();
    return this;
  }

  /** Asks for some of the outputs only, by index in ascending order. */
  OperatorCase onlyOutputs(Integer... indices) {
    outputs = List.of(indices);
    return this;
  }

  /** Largest accepted difference, relative to values above 1, absolute below; 0 by default. */
  OperatorCase within(double difference) {
    tolerance = difference;
    return this;
  }

  private Node node() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i <= outputs.getLast(); i++) {
      names.add(outputs.contains(i) ? "y" + i : "");
    }
    return Node.of("node", domain, opType, inputs, names, attributes);
  }

  /** Runs the case on 1 and on 3 threads, which must agree to the bit. */
  List<Tensor> run() {
    return run(node(), fed, constants);
  }

  private List<Tensor> run(Node node, Map<String, Tensor> feed, Map<String, Tensor> known) {
    List<Tensor> alone = OperatorRun.run(node, opset, feed, known, 1);
    List<Tensor> shared = OperatorRun.run(node, opset, feed, known, 3);
    for (int i = 0; i < alone.size(); i++) {
      assertThat(alone.get(i).data().mismatch(shared.get(i).data()))
          .as("first byte that depends on the number of threads, output %d", i)
          .isEqualTo(-1);
    }
    return alone;
  }

  /** Compares with ONNX Runtime. */
  void check() throws OrtException {
    List<Tensor> expected = expected();
    List<Tensor> actual = run();
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertSame(actual.get(i), expected.get(i), tolerance);
    }
  }

  /** Asserts type, shape and contents. */
  static void assertSame(Tensor actual, Tensor expected, double tolerance) {
    assertThat(actual.dtype()).isEqualTo(expected.dtype());
    assertThat(actual.shape()).isEqualTo(expected.shape());
    DType type = actual.dtype();
    for (long i = 0; i < actual.elements(); i++) {
      double a = Elements.getDouble(type, actual.data(), 0, i);
      double e = Elements.getDouble(type, expected.data(), 0, i);
      boolean same =
          a == e
              || (Double.isNaN(a) && Double.isNaN(e))
              || Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e));
      assertThat(same).as("element %d is %s, expected %s", i, a, e).isTrue();
    }
  }

  @Override
  public String toString() {
    return opType
        + "-"
        + opset
        + " "
        + attributes.keySet()
        + " "
        + inputs.stream()
            .map(name -> name.isEmpty() ? "none" : String.valueOf(operand(name)))
            .toList();
  }

  private Tensor operand(String name) {
    Tensor tensor = fed.get(name);
    return tensor == null ? Objects.requireNonNull(constants.get(name)) : tensor;
  }
}
