package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Edits and questions that passes share. */
final class Edits {

  private Edits() {}

  /**
   * Visits the nodes in order, each as it is when its turn comes: an earlier visit may have rewired
   * or removed it. Nodes that visits add are not visited.
   */
  static void forEach(GraphEditor graph, Consumer<Node> visitor) {
    visit(graph, graph.nodes(), visitor);
  }

  /** As {@link #forEach}, the last node first. */
  static void forEachReversed(GraphEditor graph, Consumer<Node> visitor) {
    visit(graph, graph.nodes().reversed(), visitor);
  }

  private static void visit(GraphEditor graph, List<Node> nodes, Consumer<Node> visitor) {
    for (Node node : nodes) {
      Node current = graph.node(node.name());
      if (current != null) {
        visitor.accept(current);
      }
    }
  }

  /** Takes out a node whose first output is equal to {@code value}. */
  static void bypass(GraphEditor graph, Node node, String value) {
    graph.replaceUses(node.output(0), value);
    Node current = graph.node(node.name());
    if (current != null) {
      graph.remove(current);
    }
  }

  /** Puts a constant in the place of an output. */
  static void replaceByConstant(GraphEditor graph, String output, Tensor value) {
    graph.replaceUses(output, graph.addConstant(output, value));
  }

  /** An operand that is a constant of one float32, or null. */
  static @Nullable Float scalar(GraphEditor graph, String value) {
    Tensor tensor = graph.constant(value);
    return tensor == null || tensor.dtype() != DType.FLOAT32 || tensor.elements() != 1
        ? null
        : tensor.f32(0);
  }

  /** A constant operand of float32, or null. */
  static @Nullable Tensor floats(GraphEditor graph, String value) {
    Tensor tensor = graph.constant(value);
    return tensor != null && tensor.dtype() == DType.FLOAT32 ? tensor : null;
  }

  static Attribute.Ints ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  /** A Transpose under a fresh name. */
  static Node transpose(GraphEditor graph, String input, String output, int... permutation) {
    return Node.of(
        graph.freshName(output + "/transpose"),
        "",
        "Transpose",
        List.of(input),
        List.of(output),
        Map.of("perm", ints(Arrays.stream(permutation).asLongStream().toArray())));
  }

  /** Makes a Transpose of a Transpose one, or none when it undoes it. */
  static boolean mergeTransposes(GraphEditor graph, Node node) {
    Permutation second = Permutation.of(node);
    Node producer = graph.producer(node.input(0));
    Permutation first = Permutation.of(producer);
    if (producer == null || second == null || first == null || first.rank() != second.rank()) {
      return false;
    }
    Permutation both = first.then(second);
    if (both.isIdentity()) {
      bypass(graph, node, producer.input(0));
    } else {
      graph.replace(
          node,
          node.withInput(0, producer.input(0))
              .withAttribute("perm", ints(Arrays.stream(both.axes()).asLongStream().toArray())));
    }
    return true;
  }

  /** A Reshape to a known shape under a fresh name. */
  static Node reshape(GraphEditor graph, String input, String output, long... shape) {
    return Node.of(
        graph.freshName(output + "/reshape"),
        "",
        "Reshape",
        List.of(input, graph.addConstant(output + "/shape", Tensor.of(shape, shape.length))),
        List.of(output),
        Map.of());
  }

  /** Whether {@code node} is an internal operator of that name. */
  static boolean isLathe(@Nullable Node node, String opType) {
    return node != null && node.domain().equals(Node.LATHE_DOMAIN) && node.opType().equals(opType);
  }

  /** The same node as an internal operator. */
  static Node lathe(Node node, String opType, List<String> inputs) {
    return new Node(
        node.name(),
        Node.LATHE_DOMAIN,
        opType,
        inputs,
        node.outputs(),
        node.attributes(),
        node.metadata(),
        null);
  }
}
