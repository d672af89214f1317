package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes operators on quantized tensors (QLinearConv, QLinearMatMul and those of ONNX Runtime's
 * com.microsoft domain) as what they stand for: DequantizeLinear, the plain operator,
 * QuantizeLinear. One form is left for the passes that follow.
 */
final class ExpandQuantizedOperators implements Pass {

  private static final String MICROSOFT = "com.microsoft";

  @Override
  public String name() {
    return "expand-quantized-operators";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node node) {
    boolean microsoft = node.domain().equals(MICROSOFT);
    if (!microsoft && !node.domain().isEmpty()) {
      return false;
    }
    switch (node.opType()) {
      case "QLinearConv" -> {
        return !microsoft && conv(graph, node);
      }
      case "QLinearMatMul" -> {
        if (!hasIntegerForm(graph, node, 2, 2)) {
          return false;
        }
        new Expansion(graph, node).operand(0, 0).operand(3, 1).to("MatMul", Map.of(), 6);
      }
      case "QLinearAdd", "QLinearMul" -> {
        String opType = node.opType().substring("QLinear".length());
        new Expansion(graph, node).operand(0, 0).operand(3, 0).to(opType, Map.of(), 6);
      }
      case "QLinearGlobalAveragePool", "QLinearAveragePool" -> {
        Map<String, Attribute> window = new LinkedHashMap<>(node.attributes());
        Attribute last = window.remove("channels_last");
        String opType = node.opType().substring("QLinear".length());
        Expansion expansion = new Expansion(graph, node).operand(0, 0);
        if (last instanceof Attribute.Int(long set) && set != 0) {
          long[] kernel = node.intsAttribute("kernel_shape");
          expansion.channelsLast(kernel == null ? 4 : kernel.length + 2);
        }
        expansion.to(opType, window, 3);
      }
      case "QLinearConcat" -> {
        Expansion expansion = new Expansion(graph, node);
        for (int i = 2; i + 2 < node.inputs().size(); i += 3) {
          expansion.operand(i, 0);
        }
        expansion.to("Concat", node.attributes(), 0);
      }
      case "QLinearSoftmax" -> {
        long axis = node.intAttribute("axis", -1);
        if (axis != -1 && node.intAttribute("opset", 0) < 13) {
          return false;
        }
        Map<String, Attribute> axes = Map.of("axis", new Attribute.Int(axis));
        new Expansion(graph, node).operand(0, 0).to("Softmax", axes, 3);
      }
      case "QGemm" -> {
        return microsoft && gemm(graph, node);
      }
      case "QLinearSigmoid", "QLinearLeakyRelu" -> {
        String opType = node.opType().substring("QLinear".length());
        new Expansion(graph, node).operand(0, 0).to(opType, node.attributes(), 3);
      }
      case "DynamicQuantizeMatMul" -> {
        return microsoft && dynamicProduct(graph, node);
      }
      case "QuantizeLinear", "DequantizeLinear" -> {
        if (!microsoft) {
          return false;
        }
        graph.replace(
            node,
            Node.of(
                node.name(), "", node.opType(), node.inputs(), node.outputs(), node.attributes()));
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** DynamicQuantizeMatMul (A, B, b_scale, b_zero_point, bias). */
  private static boolean dynamicProduct(GraphEditor graph, Node node) {
    String levels = graph.freshName(node.input(0) + "/levels");
    String scale = graph.freshName(node.input(0) + "/scale");
    String zeroPoint = graph.freshName(node.input(0) + "/zero_point");
    graph.replace(
        node,
        Node.of(
            graph.freshName(node.name() + "/quantize"),
            "",
            "DynamicQuantizeLinear",
            List.of(node.input(0)),
            List.of(levels, scale, zeroPoint),
            Map.of()),
        Node.of(
            node.name(),
            MICROSOFT,
            "MatMulIntegerToFloat",
            List.of(
                levels,
                node.input(1),
                scale,
                node.input(2),
                zeroPoint,
                node.input(3),
                node.input(4)),
            node.outputs(),
            Map.of()));
    return true;
  }

  /**
   * Whether what a product stands for surely becomes an integer product again: weights of such a
   * rank and all parameters known, one scale for input and output. Other forms run as they are.
   */
  private static boolean hasIntegerForm(GraphEditor graph, Node node, int minRank, int maxRank) {
    Tensor weights = graph.constant(node.input(3));
    for (int i = 1; i < 8; i++) {
      if (i != 3 && graph.constant(node.input(i)) == null) {
        return false;
      }
    }
    for (int scale : new int[] {1, 6}) {
      Float value = Edits.scalar(graph, node.input(scale));
      if (value == null || !Quantization.isReversible(value)) {
        return false;
      }
    }
    if (weights == null || graph.constant(node.input(0)) != null) {
      return false;
    }
    Tensor rhsScale = Edits.floats(graph, node.input(4));
    int rank = weights.shape().rank();
    if (rhsScale == null || rhsScale.shape().rank() > 1 || rank < minRank || rank > maxRank) {
      return false;
    }
    long channels = weights.shape().dim(minRank == 2 ? 1 : 0);
    return channels > 0 && weights.elements() / channels <= LowerQuantizedProducts.MAX_TERMS;
  }

  private static boolean conv(GraphEditor graph, Node node) {
    if (!hasIntegerForm(graph, node, 3, 4)) {
      return false;
    }
    Expansion expansion = new Expansion(graph, node).operand(0, 0).operand(3, 0);
    if (node.hasInput(8) && !expansion.bias(8)) {
      return false;
    }
    expansion.to("Conv", node.attributes(), 6);
    return true;
  }

  /**
   * QGemm (A, a_scale, a_zero_point, B, b_scale, b_zero_point, C, y_scale, y_zero_point): C is
   * int32 in units of the sums; without y_scale the result is float.
   */
  private static boolean gemm(GraphEditor graph, Node node) {
    boolean transposed = node.intAttribute("transB", 0) != 0;
    Expansion expansion = new Expansion(graph, node).operand(0, 0).operand(3, transposed ? 0 : 1);
    if (node.hasInput(6) && !expansion.bias(6)) {
      return false;
    }
    expansion.to("Gemm", node.attributes(), 7);
    return true;
  }

  /** The nodes that replace one. */
  private static final class Expansion {
    private final GraphEditor graph;
    private final Node node;
    private final List<Node> nodes = new ArrayList<>();
    private final List<String> operands = new ArrayList<>();

    /** Axes of an operand whose channels are last; 0 when they are not. */
    private int rank;

    Expansion(GraphEditor graph, Node node) {
      this.graph = graph;
      this.node = node;
    }

    /** Dequantizes input {@code index} with the scale and zero point after it. */
    Expansion operand(int index, int axis) {
      dequantize(node.input(index), node.input(index + 1), node.input(index + 2), axis);
      return this;
    }

    void dequantize(String value, String scale, String zeroPoint, int axis) {
      String output = graph.freshName(value + "/float");
      nodes.add(
          Node.of(
              graph.freshName(node.name() + "/dequantize"),
              "",
              "DequantizeLinear",
              zeroPoint.isEmpty() ? List.of(value, scale) : List.of(value, scale, zeroPoint),
              List.of(output),
              Map.of("axis", new Attribute.Int(axis))));
      operands.add(output);
    }

    /** Dequantizes an int32 input in units of the products' sums; false when those are unknown. */
    boolean bias(int index) {
      Float activation = Edits.scalar(graph, node.input(1));
      Tensor weight = Edits.floats(graph, node.input(4));
      if (activation == null || weight == null) {
        return false;
      }
      float[] scales = weight.toFloats();
      for (int i = 0; i < scales.length; i++) {
        scales[i] *= activation;
      }
      Tensor scale = Tensor.of(scales, weight.shape().dims());
      dequantize(node.input(index), graph.addConstant(node.input(index) + "/scale", scale), "", 0);
      return true;
    }

    /** Says that operand and result have their channels last; {@code rank} axes. */
    void channelsLast(int rank) {
      this.rank = rank;
      int[] first = new int[rank];
      first[1] = rank - 1;
      for (int axis = 2; axis < rank; axis++) {
        first[axis] = axis - 1;
      }
      String moved = graph.freshName(operands.getFirst() + "/channels_first");
      nodes.add(Edits.transpose(graph, operands.getFirst(), moved, first));
      operands.set(0, moved);
    }

    /**
     * Computes in float and quantizes with the scale at {@code scaleIndex}, if the node has that.
     */
    void to(String opType, Map<String, Attribute> attributes, int scaleIndex) {
      boolean quantized = node.hasInput(scaleIndex);
      String result = quantized ? graph.freshName(node.output(0) + "/float") : node.output(0);
      if (rank == 0) {
        nodes.add(Node.of(node.name(), "", opType, operands, List.of(result), attributes));
      } else {
        String first = graph.freshName(result + "/channels_first");
        nodes.add(Node.of(node.name(), "", opType, operands, List.of(first), attributes));
        int[] last = new int[rank];
        last[rank - 1] = 1;
        for (int axis = 1; axis < rank - 1; axis++) {
          last[axis] = axis + 1;
        }
        nodes.add(Edits.transpose(graph, first, result, last));
      }
      if (!quantized) {
        graph.replace(node, nodes.toArray(Node[]::new));
        return;
      }
      List<String> quantize = new ArrayList<>(List.of(result, node.input(scaleIndex)));
      if (node.hasInput(scaleIndex + 1)) {
        quantize.add(node.input(scaleIndex + 1));
      }
      nodes.add(
          Node.of(
              graph.freshName(node.name() + "/quantize"),
              "",
              "QuantizeLinear",
              quantize,
              List.of(node.output(0)),
              Map.of()));
      graph.replace(node, nodes.toArray(Node[]::new));
    }
  }
}
