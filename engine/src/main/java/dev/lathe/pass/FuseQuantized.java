package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a QAdd part of the QConv before it, and a Clip of levels part of the integer operator
 * before it, when nothing else reads that result. Exact: the fused kernel rounds the convolution's
 * result to its own levels before it adds.
 */
final class FuseQuantized implements Pass {

  private static final int BIAS = 8;
  private static final int ADDEND = 9;

  @Override
  public String name() {
    return "fuse-quantized";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= clip(editor, node));
    // The operand computed last is tried first: the other is there by then.
    Facts facts = context.facts(graph);
    Edits.forEach(
        editor,
        node ->
            changed[0] |=
                Edits.isLathe(node, "QAdd") && sameShapes(facts, node) && add(editor, graph, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean clip(GraphEditor graph, Node node) {
    Node producer = graph.producer(node.input(0));
    Integer min = level(graph, node, 1, 0);
    Integer max = level(graph, node, 2, 255);
    boolean clamps =
        Edits.isLathe(producer, "QConv")
            || Edits.isLathe(producer, "QGemm")
            || Edits.isLathe(producer, "QAdd")
            || Edits.isLathe(producer, "QMul");
    if (!node.is("Clip")
        || producer == null
        || !clamps
        || min == null
        || max == null
        || min > max
        || graph.onlyConsumer(node.input(0)) == null) {
      return false;
    }
    long low = Math.clamp(producer.intAttribute("min", 0), (int) min, (int) max);
    long high = Math.clamp(producer.intAttribute("max", 255), (int) min, (int) max);
    graph.replace(
        node,
        producer
            .withAttribute("min", new Attribute.Int(low))
            .withAttribute("max", new Attribute.Int(high))
            .withOutputs(node.outputs()));
    graph.remove(producer);
    return true;
  }

  private static @Nullable Integer level(GraphEditor graph, Node clip, int input, int fallback) {
    if (!clip.hasInput(input)) {
      return fallback;
    }
    Tensor value = graph.constant(clip.input(input));
    return value == null || value.dtype() != DType.UINT8 ? null : (int) value.integer(0);
  }

  /** Whether neither operand is repeated. */
  private static boolean sameShapes(Facts facts, Node add) {
    TensorFact lhs = facts.find(add.input(0));
    TensorFact rhs = facts.find(add.input(3));
    return lhs != null && rhs != null && lhs.shape().equals(rhs.shape());
  }

  private static boolean add(GraphEditor graph, Graph order, Node add) {
    Node lhs = graph.producer(add.input(0));
    Node rhs = graph.producer(add.input(3));
    boolean rhsLast = rhs != null && (lhs == null || position(order, rhs) > position(order, lhs));
    return rhsLast
        ? fuse(graph, add, rhs, 3, 0) || fuse(graph, add, lhs, 0, 3)
        : fuse(graph, add, lhs, 0, 3) || fuse(graph, add, rhs, 3, 0);
  }

  private static int position(Graph order, Node node) {
    List<Node> nodes = order.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i).name().equals(node.name())) {
        return i;
      }
    }
    return -1;
  }

  /** Fuses the sum into the producer of operand {@code own}; {@code other} is the other operand. */
  private static boolean fuse(
      GraphEditor graph, Node add, @Nullable Node conv, int own, int other) {
    if (conv == null
        || !Edits.isLathe(conv, "QConv")
        || conv.hasInput(ADDEND)
        || conv.intAttribute("min", 0) != 0
        || conv.intAttribute("max", 255) != 255
        || graph.onlyConsumer(add.input(own)) == null
        || !isSameLevel(graph, conv, add, own)) {
      return false;
    }
    List<String> inputs = new ArrayList<>(conv.inputs());
    while (inputs.size() <= BIAS) {
      inputs.add("");
    }
    inputs.addAll(
        List.of(
            add.input(other),
            add.input(other + 1),
            add.input(other + 2),
            add.input(6),
            add.input(7)));
    graph.replace(
        add,
        conv.withInputs(inputs)
            .withAttribute("addend_first", new Attribute.Int(other == 0 ? 1 : 0))
            .withAttribute("min", new Attribute.Int(add.intAttribute("min", 0)))
            .withAttribute("max", new Attribute.Int(add.intAttribute("max", 255)))
            .withOutputs(add.outputs()));
    graph.remove(conv);
    return true;
  }

  /** Whether the sum reads levels as the convolution writes them. */
  private static boolean isSameLevel(GraphEditor graph, Node conv, Node add, int operand) {
    Float written = Edits.scalar(graph, conv.input(6));
    Float read = Edits.scalar(graph, add.input(operand + 1));
    return written != null
        && written.equals(read)
        && zeroPoint(graph, conv.input(7)) == zeroPoint(graph, add.input(operand + 2));
  }

  private static long zeroPoint(GraphEditor graph, String name) {
    Tensor value = graph.constant(name);
    return value == null ? 0 : value.integer(0);
  }
}
