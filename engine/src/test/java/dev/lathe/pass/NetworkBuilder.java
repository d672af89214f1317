package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.plan.Planner;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Builds small networks with seeded weights, runs passes over them and evaluates them. */
final class NetworkBuilder {

  static final Map<String, Long> OPSETS = Map.of("", 17L, Node.LATHE_DOMAIN, 1L);

  private final List<ValueInfo> inputs = new ArrayList<>();
  private final Map<String, Tensor> feeds = new LinkedHashMap<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(11);

  /** An input that is fed normal values. */
  String input(String name, long... dims) {
    return input(name, normal(1, dims));
  }

  String input(String name, Tensor fed) {
    inputs.add(ValueInfo.of(name, DType.FLOAT32, fed.shape().dims()));
    feeds.put(name, fed);
    return name;
  }

  Tensor normal(double deviation, long... dims) {
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.of(values, dims);
  }

  Tensor uniform(double low, double high, long... dims) {
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return Tensor.of(values, dims);
  }

  String constant(Tensor value) {
    String name = "c" + constants.size();
    constants.put(name, value);
    return name;
  }

  String ints(long... values) {
    return constant(Tensor.of(values, values.length));
  }

  String scalar(float value) {
    return constant(Tensor.scalar(value));
  }

  /** A node; its name is its output's. */
  String op(String opType, Map<String, Attribute> attributes, String... operands) {
    String name = opType.toLowerCase(java.util.Locale.ROOT) + nodes.size();
    nodes.add(Node.of(name, "", opType, List.of(operands), List.of(name), attributes));
    return name;
  }

  String op(String opType, String... operands) {
    return op(opType, Map.of(), operands);
  }

  /** A square convolution with bias that keeps the extent at stride 1. */
  String conv(String x, long out, long inPerGroup, int kernel, int stride, long group) {
    double deviation = 1 / Math.sqrt((double) inPerGroup * kernel * kernel);
    return op(
        "Conv",
        convAttributes(kernel, stride, group),
        x,
        constant(normal(deviation, out, inPerGroup, kernel, kernel)),
        constant(normal(0.1, out)));
  }

  static Map<String, Attribute> convAttributes(int kernel, int stride, long group) {
    long pad = kernel / 2;
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", Edits.ints(kernel, kernel));
    attributes.put("strides", Edits.ints(stride, stride));
    attributes.put("pads", Edits.ints(pad, pad, pad, pad));
    attributes.put("group", new Attribute.Int(group));
    return attributes;
  }

  String batchNorm(String x, long channels) {
    return op(
        "BatchNormalization",
        x,
        constant(uniform(0.5, 1.5, channels)),
        constant(normal(0.2, channels)),
        constant(normal(0.2, channels)),
        constant(uniform(0.5, 2, channels)));
  }

  Tensor integers(DType dtype, int low, int high, long... dims) {
    byte[] values = new byte[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) random.nextInt(low, high + 1);
    }
    return Tensor.of(dtype, values, dims);
  }

  /** Scale and zero point for all of a tensor. */
  record Levels(DType dtype, float scale, int zeroPoint) {}

  String quantize(String x, Levels levels) {
    return op("QuantizeLinear", x, scalar(levels.scale), zeroPoint(levels));
  }

  String dequantize(String x, Levels levels) {
    return op("DequantizeLinear", x, scalar(levels.scale), zeroPoint(levels));
  }

  /** QuantizeLinear and DequantizeLinear. */
  String requantize(String x, Levels levels) {
    return dequantize(quantize(x, levels), levels);
  }

  private String zeroPoint(Levels levels) {
    return constant(Tensor.of(levels.dtype, new byte[] {(byte) levels.zeroPoint}));
  }

  /** Constant weights with a scale per index of an axis, each a power of 2 near {@code scale}. */
  String perChannel(DType dtype, int axis, float scale, Tensor values) {
    int channels = values.shape().intDim(axis);
    float[] scales = new float[channels];
    byte[] zeros = new byte[channels];
    for (int c = 0; c < channels; c++) {
      scales[c] = Math.scalb(scale, -(c % 3));
      zeros[c] = (byte) (dtype == DType.UINT8 ? 128 + c : 0);
    }
    return op(
        "DequantizeLinear",
        Map.of("axis", new Attribute.Int(axis)),
        constant(values),
        constant(Tensor.of(scales, channels)),
        constant(Tensor.of(dtype, zeros, channels)));
  }

  Graph build(String... outputs) {
    return new Graph(
        "test",
        inputs,
        Arrays.stream(outputs).map(name -> new ValueInfo(name, DType.FLOAT32, null, null)).toList(),
        constants,
        nodes,
        Map.of(),
        null);
  }

  static PassContext context(Graph graph, Notes notes) {
    Map<String, TensorFact> facts = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      long[] dims =
          java.util.Objects.requireNonNull(input.dims()).stream()
              .mapToLong(dim -> ((dev.lathe.graph.Dim.Fixed) dim).size())
              .toArray();
      facts.put(
          input.name(),
          TensorFact.of(
              java.util.Objects.requireNonNull(input.dtype()), dev.lathe.tensor.Shape.of(dims)));
    }
    return new PassContext(planner(), OPSETS, facts, notes);
  }

  private static Planner planner() {
    return new Planner(Operators.table(), KernelSelector.standard());
  }

  /** Applies passes and checks the graph after each. */
  static Graph run(Graph graph, Pass... passes) {
    PassContext context = context(graph, new Notes());
    Graph current = graph;
    for (Pass pass : passes) {
      current = pass.apply(current, context);
      dev.lathe.graph.GraphVerifier.verify(current);
    }
    return current;
  }

  /** Applies all passes of the pipeline. */
  static Graph optimize(Graph graph) {
    Graph model = run(graph, PassPipeline.MODEL.toArray(Pass[]::new));
    return run(model, PassPipeline.PLAN.toArray(Pass[]::new));
  }

  /** The outputs for the fed inputs, each node computed on its own. */
  List<Tensor> evaluate(Graph graph) {
    Map<String, TensorFact> facts = new LinkedHashMap<>();
    feeds.forEach((name, value) -> facts.put(name, TensorFact.constant(value)));
    var result = planner().infer(graph, OPSETS, facts);
    return graph.outputs().stream()
        .map(output -> java.util.Objects.requireNonNull(result.get(output.name()).value()))
        .toList();
  }

  /** Outputs as the plain layout passes compute them, nothing folded and nothing fused. */
  List<Tensor> evaluatePlain(Graph graph) {
    return evaluate(run(graph, FoldConstants.all(), new ToChannelsLast()));
  }

  static List<String> ops(Graph graph) {
    return graph.nodes().stream().map(Node::qualifiedOp).toList();
  }

  static long count(Graph graph, String qualifiedOp) {
    return ops(graph).stream().filter(qualifiedOp::equals).count();
  }
}
