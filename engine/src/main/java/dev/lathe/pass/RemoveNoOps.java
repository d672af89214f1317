package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes nodes that pass their input through, as far as that shows without shapes: Identity,
 * Dropout at inference, a Cast after the same Cast, Pad by nothing, sums and concatenations of one
 * operand; merges Transpose after Transpose and Reshape after Reshape.
 */
final class RemoveNoOps implements Pass {

  private static final List<String> VARIADIC = List.of("Concat", "Sum", "Max", "Min", "Mean");

  @Override
  public String name() {
    return "remove-no-ops";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    boolean[] changed = {false};
    Edits.forEach(editor, node -> changed[0] |= visit(editor, node));
    return changed[0] ? editor.toGraph() : graph;
  }

  private static boolean visit(GraphEditor graph, Node node) {
    if (passesThrough(graph, node)) {
      Edits.bypass(graph, node, node.input(0));
      return true;
    }
    return Edits.mergeTransposes(graph, node) || mergeReshapes(graph, node);
  }

  private static boolean passesThrough(GraphEditor graph, Node node) {
    if (!node.domain().isEmpty()) {
      return false;
    }
    Permutation permutation = Permutation.of(node);
    return switch (node.opType()) {
      case "Identity" -> true;
      case "Dropout" -> isInference(graph, node);
      case "Cast" -> castsAgain(graph.producer(node.input(0)), node);
      case "Transpose" -> permutation != null && permutation.isIdentity();
      case "Pad" -> padsNothing(graph, node);
      default -> VARIADIC.contains(node.opType()) && node.inputs().size() == 1;
    };
  }

  private static boolean isInference(GraphEditor graph, Node node) {
    Tensor training = graph.constant(node.input(2));
    boolean maskUsed =
        !node.output(1).isEmpty()
            && (graph.isOutput(node.output(1)) || !graph.consumers(node.output(1)).isEmpty());
    return !maskUsed && (!node.hasInput(2) || (training != null && training.integer(0) == 0));
  }

  private static boolean castsAgain(@Nullable Node producer, Node node) {
    return producer != null
        && producer.is("Cast")
        && producer.intAttribute("to", -1) == node.intAttribute("to", -2);
  }

  private static boolean padsNothing(GraphEditor graph, Node node) {
    Tensor pads = graph.constant(node.input(1));
    long[] amounts = pads == null ? node.intsAttribute("pads") : pads.toLongs();
    return amounts != null && Arrays.stream(amounts).allMatch(amount -> amount == 0);
  }

  private static boolean mergeReshapes(GraphEditor graph, Node node) {
    Node producer = graph.producer(node.input(0));
    Tensor shape = graph.constant(node.input(1));
    if (!node.is("Reshape")
        || producer == null
        || !producer.is("Reshape")
        || shape == null
        || Arrays.stream(shape.toLongs()).anyMatch(dim -> dim == 0)) {
      return false;
    }
    graph.replace(node, node.withInput(0, producer.input(0)));
    return true;
  }
}
