package dev.lathe.compress.quantize;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.Arithmetic;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns a network in QDQ form into one of operators on integers: ONNX's QLinearConv and
 * QLinearMatMul, and for what ONNX has none the operators of ONNX Runtime (domain {@code
 * com.microsoft}). What only moves values works on the levels. The integers are those of the QDQ
 * form.
 */
final class QOperatorWriter {

  static final String MICROSOFT = "com.microsoft";

  private final GraphEditor editor;
  private final List<Problem> problems = new ArrayList<>();

  private QOperatorWriter(GraphEditor editor) {
    this.editor = editor;
  }

  /**
   * The network on integers.
   *
   * @throws UnsupportedException listing every quantized node that has no such form
   */
  static Network write(Network qdq) {
    QOperatorWriter writer = new QOperatorWriter(GraphEditor.of(qdq.graph()));
    for (Node node : writer.editor.nodes()) {
      if (node.is("QuantizeLinear")) {
        writer.rewrite(node);
      }
    }
    if (!writer.problems.isEmpty()) {
      throw new UnsupportedException(writer.problems);
    }
    Graph graph = writer.editor.toGraph();
    boolean contributed = graph.nodes().stream().anyMatch(node -> node.domain().equals(MICROSOFT));
    Network network = qdq.withGraph(graph);
    return contributed ? network.withOpset(MICROSOFT, 1) : network;
  }

  /** Puts an integer operator in the place of what a QuantizeLinear reads. */
  private void rewrite(Node quantize) {
    Node last = editor.producer(quantize.input(0));
    if (last == null) {
      return;
    }
    boolean clamped = last.is("Relu") || last.is("Clip");
    Node operator = clamped ? editor.producer(last.input(0)) : last;
    if (operator == null || !isQuantized(operator)) {
      return;
    }
    String obstacle = clamped ? clampObstacle(last, quantize) : "";
    QOperatorForms.Made made =
        obstacle.isEmpty() ? new QOperatorForms(editor, quantize).of(operator) : null;
    if (made != null) {
      obstacle = made.obstacle();
    }
    if (!obstacle.isEmpty()) {
      problems.add(
          new Problem(
              "the node has no form on integers",
              operator.toString(),
              obstacle,
              "use --format qdq, or --exclude the node"));
    } else if (made != null && made.node() != null) {
      Node result = made.node();
      editor.remove(quantize);
      if (clamped) {
        editor.remove(last);
      }
      editor.replace(operator, result);
    }
  }

  /** Whether a node reads what QuantizeLinear made integers, and nothing else but constants. */
  private boolean isQuantized(Node node) {
    Node source = editor.producer(node.input(0));
    return source != null && source.is("DequantizeLinear");
  }

  /** Why saturation of the levels does not do what a Relu or Clip does; empty when it does. */
  private String clampObstacle(Node clamp, Node quantize) {
    Tensor scale = constant(quantize.input(1));
    Tensor zeroPoint = constant(quantize.input(2));
    if (scale == null || zeroPoint == null) {
      return "its scale is not constant";
    }
    boolean signed = zeroPoint.dtype() == DType.INT8;
    int lowest = signed ? -128 : 0;
    int highest = signed ? 127 : 255;
    float low = clamp.is("Relu") ? 0 : bound(clamp, 1, Float.NEGATIVE_INFINITY);
    float high =
        clamp.is("Relu") ? Float.POSITIVE_INFINITY : bound(clamp, 2, Float.POSITIVE_INFINITY);
    int zero = Math.toIntExact(zeroPoint.integer(0));
    boolean saturates =
        Arithmetic.quantize(low, scale.f32(0), zero, lowest, highest) == lowest
            && Arithmetic.quantize(high, scale.f32(0), zero, lowest, highest) == highest;
    return saturates
        ? ""
        : "the range of its levels is wider than that of " + clamp.opType() + " after it";
  }

  private float bound(Node clip, int input, float none) {
    Tensor bound = clip.hasInput(input) ? constant(clip.input(input)) : null;
    return bound == null ? none : bound.f32(0);
  }

  private @Nullable Tensor constant(String name) {
    return editor.constant(name);
  }
}
