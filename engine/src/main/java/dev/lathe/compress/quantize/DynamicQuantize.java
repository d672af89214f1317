package dev.lathe.compress.quantize;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.Scheme;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Dynamic quantization: products with constant weights multiply integers, and an activation is
 * quantized to uint8 by the range it has in each run, so that no samples are needed. Gemm and
 * MatMul become
 *
 * <pre>
 *   xq, sx, zx = DynamicQuantizeLinear(x)
 *   y = Cast(MatMulInteger(xq, wq, zx, 0)) * (sx * sw) + bias
 * </pre>
 *
 * as ONNX Runtime's {@code quantize_dynamic} writes them and both engines fuse them. Everything
 * else stays float.
 *
 * @param options of the weights and the choice of nodes; those of activations are not read
 */
public record DynamicQuantize(QuantizeOptions options) implements Compression {

  public DynamicQuantize {
    if (options.scheme() != Scheme.SYMMETRIC) {
      throw new UsageException(
          new Problem(
              "dynamic quantization needs symmetric weights",
              "scheme " + options.scheme(),
              "the products it writes have no zero point for weights",
              "use the symmetric scheme"));
    }
  }

  @Override
  public String describe() {
    return "weights " + options.describeWeights() + "; activations uint8 dynamic";
  }

  /**
   * Quantizes; the context is not used.
   *
   * @throws dev.lathe.error.UnsupportedException as {@link Quantizer#plan}
   */
  @Override
  public Quantizer.Result run(Network network, CompressionContext context) {
    Quantizer.requireFloat(network);
    QuantizationPlan plan = Quantizer.plan(network, options.withActivations(null));
    return new Rewrite(plan).run(describe());
  }

  /** A quantized activation: its levels, scale and zero point. */
  private record Dynamic(String levels, String scale, String zeroPoint) {}

  /**
   * A quantized weight: its levels [..., k, n], its scale, a scalar or [n], and its zero point 0.
   */
  private record Constant(String levels, String scale, String zeroPoint, double sqnrDb) {}

  private static final class Rewrite {

    private final QuantizationPlan plan;
    private final GraphEditor editor;
    private final WeightQuantizer weights;
    private final Map<String, Dynamic> activations = new HashMap<>();
    private final Map<String, Constant> constants = new HashMap<>();
    private final List<String> floatNodes;

    Rewrite(QuantizationPlan plan) {
      this.plan = plan;
      this.editor = GraphEditor.of(plan.network().graph());
      this.weights = new WeightQuantizer(plan.options(), plan.rounded());
      this.floatNodes = new ArrayList<>(plan.floatNodes());
    }

    Quantizer.Result run(String description) {
      plan.roles()
          .forEach(
              (name, role) -> {
                Node node = editor.node(name);
                if (node != null) {
                  rewrite(node, role);
                }
              });
      Network network =
          plan.network()
              .withGraph(editor.toGraph())
              .withMetadata(Quantizer.METADATA_KEY, description);
      return new Quantizer.Result(
          network,
          new QuantizationReport(weights.weights(), List.of(), floatNodes, weights.warnings()));
    }

    private void rewrite(Node node, Role role) {
      Tensor weight = editor.constant(node.input(role.weight()));
      String obstacle = obstacle(node, weight);
      if (!obstacle.isEmpty() || weight == null) {
        floatNodes.add(node.name() + ": " + obstacle);
        return;
      }
      Constant constant = quantized(node, role, weight);
      Dynamic x = activations.computeIfAbsent(node.input(0), this::quantized);
      String sums = editor.freshName(node.output(0) + "_sums");
      String floats = editor.freshName(node.output(0) + "_floats");
      String scale = editor.freshName(node.output(0) + "_scale");
      boolean bias = node.hasInput(2);
      String product = bias ? editor.freshName(node.output(0) + "_product") : node.output(0);
      List<Node> nodes = new ArrayList<>();
      nodes.add(
          new Node(
                  node.name(),
                  "",
                  "MatMulInteger",
                  List.of(x.levels, constant.levels, x.zeroPoint, constant.zeroPoint),
                  List.of(sums),
                  Map.of(),
                  node.metadata(),
                  null)
              .withMetadata("lathe.weights", plan.options().at(node).describeWeights())
              .withMetadata("lathe.weights.sqnr_db", QdqWriter.decibels(constant.sqnrDb)));
      nodes.add(
          node(
              "Cast",
              List.of(sums),
              floats,
              Map.of("to", new Attribute.Int(DType.FLOAT32.code()))));
      nodes.add(node("Mul", List.of(x.scale, constant.scale), scale, Map.of()));
      nodes.add(node("Mul", List.of(floats, scale), product, Map.of()));
      if (bias) {
        nodes.add(node("Add", List.of(product, node.input(2)), node.output(0), Map.of()));
      }
      editor.replace(node, nodes.toArray(Node[]::new));
    }

    private String obstacle(Node node, @Nullable Tensor weight) {
      if (!node.is("MatMul") && !node.is("Gemm")) {
        return "only MatMul and Gemm are quantized dynamically";
      }
      return weight == null || weight.shape().rank() < 2 ? "its weight is no matrix" : "";
    }

    private Constant quantized(Node node, Role role, Tensor weight) {
      boolean transposed = node.is("Gemm") && node.intAttribute("transB", 0) != 0;
      String name = node.input(role.weight());
      String key = name + (transposed ? " transposed" : "");
      Constant known = constants.get(key);
      if (known != null) {
        return known;
      }
      WeightQuantizer.Quantized quantized = weights.weight(node, role, name, weight, 0, null);
      Tensor levels = transposed ? transposed(quantized.levels()) : quantized.levels();
      float[] scales = quantized.params().scales();
      Tensor scale =
          quantized.params().perTensor()
              ? Tensor.scalar(scales[0])
              : Tensor.of(scales, scales.length);
      Constant constant =
          new Constant(
              editor.addConstant(name + "_quantized", levels),
              editor.addConstant(name + "_scale", scale),
              // ONNX Runtime makes uint8 of int8 weights, to be exact without VNNI, only with one.
              editor.addConstant(name + "_zero_point", Tensor.of(levels.dtype(), new byte[1])),
              quantized.error().sqnrDb());
      constants.put(key, constant);
      return constant;
    }

    private static Tensor transposed(Tensor matrix) {
      int rows = matrix.shape().intDim(0);
      int columns = matrix.shape().intDim(1);
      byte[] bytes = new byte[rows * columns];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = matrix.data().get(Tensor.I8, (long) (i % rows) * columns + i / rows);
      }
      return new Tensor(
          matrix.dtype(), Shape.of(columns, rows), java.lang.foreign.MemorySegment.ofArray(bytes));
    }

    private Dynamic quantized(String value) {
      Dynamic dynamic =
          new Dynamic(
              editor.freshName(value + "_quantized"),
              editor.freshName(value + "_scale"),
              editor.freshName(value + "_zero_point"));
      editor.add(
          Node.of(
              editor.freshName(value + "_DynamicQuantizeLinear"),
              "",
              "DynamicQuantizeLinear",
              List.of(value),
              List.of(dynamic.levels, dynamic.scale, dynamic.zeroPoint),
              Map.of()));
      return dynamic;
    }

    private Node node(
        String opType, List<String> inputs, String output, Map<String, Attribute> attributes) {
      return Node.of(
          editor.freshName(output + "_" + opType), "", opType, inputs, List.of(output), attributes);
    }
  }
}
