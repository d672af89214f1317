package dev.lathe.graph;

import static dev.lathe.graph.Graphs.graph;
import static dev.lathe.graph.Graphs.node;
import static dev.lathe.graph.Graphs.withBody;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GraphVerifierTest {

  private static List<String> whats(Graph graph) {
    return GraphVerifier.problems(graph).stream().map(Problem::what).toList();
  }

  @Test
  void acceptsSortedSingleAssignment() {
    GraphVerifier.verify(graph("x", "y", "a: Add x w -> h", "b: Relu h -> y"));
  }

  @Test
  void acceptsOmittedInputs() {
    GraphVerifier.verify(graph("x", "y", "a: Clip x _ w -> y"));
  }

  @Test
  void reportsAllProblemsAtOnce() {
    Graph graph =
        graph("x x", "y y z", "a: Add x nowhere -> h", "a: Relu h -> h", "c: Relu missing -> y");
    assertThat(whats(graph))
        .containsExactlyInAnyOrder(
            "value 'x' is defined twice",
            "value 'h' is defined twice",
            "node name 'a' is used twice",
            "graph output 'y' is listed twice",
            "graph output 'z' is not defined",
            "input 1 'nowhere' is not defined",
            "input 0 'missing' is not defined");
    assertThatThrownBy(() -> GraphVerifier.verify(graph))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("nowhere")
        .hasMessageContaining("missing");
  }

  @Test
  void namesTheNodesOfACycle() {
    Graph graph =
        graph("x", "y", "a: Add x q -> p", "b: Relu p -> r", "c: Neg r -> q", "d: Abs q -> y");
    List<Problem> problems = GraphVerifier.problems(graph);
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst().what()).isEqualTo("3 nodes depend on each other in a cycle");
    assertThat(problems.getFirst().where()).contains("'a' -> 'b' -> 'c' -> 'a'");
  }

  @Test
  void namesANodeThatDependsOnItself() {
    assertThat(whats(graph("x", "y", "a: Add x y -> y")))
        .containsExactly("node 'a' depends on its own output");
  }

  @Test
  void reportsUseBeforeDefinition() {
    assertThat(whats(graph("x", "y", "b: Relu h -> y", "a: Add x w -> h")))
        .containsExactly("'h' is used before it is produced");
  }

  @Test
  void checksSubGraphsInTheirScopes() {
    Node sound = withBody(node("loop: Loop x -> h"), graph("i", "o", "n: Add i x -> o"));
    GraphVerifier.verify(graph("x", "h", List.of(sound)));

    Node broken = withBody(node("loop: Loop x -> h"), graph("i", "o", "n: Add i q -> o"));
    List<Problem> problems = GraphVerifier.problems(graph("x", "h", List.of(broken)));
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst().what()).isEqualTo("input 1 'q' is not defined");
    assertThat(problems.getFirst().where()).contains("node 'loop' / graph 'g'");
  }

  @Test
  void aSubGraphThatReadsALaterValueIsOutOfOrder() {
    Node loop = withBody(node("loop: Loop x -> h"), graph("i", "o", "n: Add i late -> o"));
    assertThat(whats(graph("x", "h late", List.of(loop, node("a: Relu x -> late")))))
        .containsExactly("'late' is used before it is produced");
  }

  @Test
  void hiddenValuesCountAsDefined() {
    Graph graph = graph("x", "y", "a: Custom x labels -> y");
    HiddenValues hidden = () -> Set.of("labels");
    GraphVerifier.verify(
        new Graph("g", graph.inputs(), graph.outputs(), Map.of(), graph.nodes(), Map.of(), hidden));
    assertThat(whats(graph)).containsExactly("input 1 'labels' is not defined");
  }

  @Test
  void listsAtMostAHundredProblems() {
    Graph graph =
        graph("x", "y", "a: Sum " + String.join(" ", Collections.nCopies(500, "q")) + " -> y");
    List<Problem> problems = GraphVerifier.problems(graph);
    assertThat(problems).hasSize(100);
    assertThat(problems.getLast().what()).isEqualTo("more problems than are listed here");
    assertThat(problems)
        .allSatisfy(problem -> assertThat(problem.where().length()).isLessThan(500));
  }

  @Test
  void sortingALongChainNeedsNoDeepStack() {
    Node[] nodes = new Node[50_000];
    for (int i = 0; i < nodes.length; i++) {
      nodes[nodes.length - 1 - i] =
          Node.of("n" + i, "", "Relu", List.of("v" + i), List.of("v" + (i + 1)), Map.of());
    }
    TopologicalOrder order = TopologicalOrder.of(List.of(nodes));
    assertThat(order.cycle()).isEmpty();
    assertThat(order.nodes().getFirst().name()).isEqualTo("n0");
    assertThat(order.nodes().getLast().name()).isEqualTo("n49999");
  }
}
