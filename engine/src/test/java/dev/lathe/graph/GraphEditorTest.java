package dev.lathe.graph;

import static dev.lathe.graph.Graphs.graph;
import static dev.lathe.graph.Graphs.names;
import static dev.lathe.graph.Graphs.node;
import static dev.lathe.graph.Graphs.withBody;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InternalException;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphEditorTest {

  private static Node named(GraphEditor editor, String name) {
    return requireNonNull(editor.node(name));
  }

  private static Graph sound(GraphEditor editor) {
    Graph graph = editor.toGraph();
    GraphVerifier.verify(graph);
    return graph;
  }

  @Test
  void unchangedGraphStaysEqual() {
    Graph graph = graph("x", "y", "a: Add x w -> h", "b: Relu h -> y");
    assertThat(GraphEditor.of(graph).toGraph()).isEqualTo(graph);
  }

  @Test
  void answersWhoProducesAndReads() {
    GraphEditor editor =
        GraphEditor.of(graph("x", "y", "a: Add x w -> h", "b: Relu h -> p", "c: Mul h p -> y"));
    assertThat(requireNonNull(editor.producer("h")).name()).isEqualTo("a");
    assertThat(editor.producer("x")).isNull();
    assertThat(editor.consumers("h")).extracting(Node::name).containsExactly("b", "c");
    assertThat(editor.onlyConsumer("h")).isNull();
    assertThat(requireNonNull(editor.onlyConsumer("p")).name()).isEqualTo("c");
    assertThat(editor.onlyConsumer("y")).isNull();
    assertThat(editor.constant("w")).isNotNull();
    assertThat(editor.constant("x")).isNull();
    assertThat(editor.isOutput("y")).isTrue();
    assertThat(editor.isInput("x")).isTrue();
  }

  @Test
  void replacesANodeInPlace() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Relu x -> h", "b: Neg h -> y"));
    Node a = named(editor, "a");
    editor.replace(a, node("a1: Abs x -> t"), node("a2: Sqrt t -> h"));
    assertThat(editor.contains(a)).isFalse();
    assertThat(names(sound(editor))).containsExactly("a1", "a2", "b");
    assertThat(requireNonNull(editor.producer("h")).name()).isEqualTo("a2");
    assertThatThrownBy(() -> editor.remove(a)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void insertsAroundAnAnchor() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Relu x -> h", "b: Neg h -> y"));
    editor.insertAfter(named(editor, "a"), node("q: Abs h -> h2"));
    editor.insertBefore(named(editor, "a"), node("p: Abs x -> x2"));
    assertThat(editor.nodes()).extracting(Node::name).containsExactly("p", "a", "q", "b");
    assertThat(names(sound(editor))).as("unused ones go").containsExactly("a", "b");
  }

  @Test
  void replacingUsesOfAnInnerValueRewiresReaders() {
    GraphEditor editor =
        GraphEditor.of(graph("x", "y", "a: Relu x -> h", "b: Dropout h -> d", "c: Neg d -> y"));
    assertThat(editor.replaceUses("d", "h")).isEqualTo("h");
    Graph graph = sound(editor);
    assertThat(names(graph)).containsExactly("a", "c");
    assertThat(graph.nodes().getLast().inputs()).containsExactly("h");
  }

  @Test
  void aGraphOutputKeepsItsNameByRenamingTheNewProducer() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Relu x -> h", "b: Dropout h -> y"));
    assertThat(editor.replaceUses("y", "h")).isEqualTo("y");
    Graph graph = sound(editor);
    assertThat(names(graph)).containsExactly("a");
    assertThat(graph.nodes().getFirst().outputs()).containsExactly("y");
  }

  @Test
  void aGraphOutputTakesAnotherOutputOrInputThroughIdentity() {
    GraphEditor editor = GraphEditor.of(graph("x", "h y", "a: Relu x -> h", "b: Dropout h -> y"));
    editor.replaceUses("y", "h");
    assertThat(sound(editor).nodes()).extracting(Node::opType).containsExactly("Relu", "Identity");

    editor = GraphEditor.of(graph("x", "y", "b: Dropout x -> y"));
    editor.replaceUses("y", "x");
    Graph graph = sound(editor);
    assertThat(graph.nodes()).extracting(Node::opType).containsExactly("Identity");
    assertThat(graph.outputs().getFirst().name()).isEqualTo("y");
  }

  @Test
  void quantizePairAfterAGraphOutput() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Relu x -> y", "b: Neg y -> unused"));
    Node quantize = node("q: QuantizeLinear y w -> yq");
    editor.insertAfter(named(editor, "a"), quantize, node("dq: DequantizeLinear yq w -> yd"));
    editor.addConstant("w", Tensor.scalar(2));
    assertThat(editor.replaceUses("y", "yd", reader -> !reader.name().equals("q"))).isEqualTo("y");
    Graph graph = editor.toGraph();
    assertThat(names(graph)).containsExactly("a", "q", "dq");
    assertThat(graph.nodes().get(0).outputs()).isEqualTo(List.of(graph.nodes().get(1).input(0)));
    assertThat(graph.nodes().get(2).outputs()).containsExactly("y");
  }

  @Test
  void aNodeInsertedBehindAValueKeepsReadingIt() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Relu x -> h", "b: Neg h -> y"));
    editor.insertAfter(named(editor, "a"), node("s: Abs h -> h2"));
    editor.replaceUses("h", "h2");
    Graph graph = sound(editor);
    assertThat(names(graph)).containsExactly("a", "s", "b");
    assertThat(graph.nodes().get(1).inputs()).containsExactly("h");
    assertThat(graph.nodes().get(2).inputs()).containsExactly("h2");
  }

  @Test
  void addsConstantsUnderUniqueNames() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Add x w -> y"));
    String name = editor.addConstant("w", Tensor.scalar(3));
    assertThat(name).isEqualTo("w_1");
    assertThat(editor.freshName("y")).isEqualTo("y_1");
    assertThat(editor.freshName("a")).as("node names count, too").isEqualTo("a_1");
    Node a = named(editor, "a");
    editor.replace(a, a.withInput(1, name));
    Graph graph = sound(editor);
    assertThat(graph.constants()).as("the unused constant goes").containsOnlyKeys("w_1");
  }

  @Test
  void setConstantReplacesContents() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "a: Add x w -> y"));
    editor.setConstant("w", Tensor.scalar(5));
    assertThat(requireNonNull(editor.toGraph().constants().get("w")).f32(0)).isEqualTo(5);
    assertThatThrownBy(() -> editor.setConstant("no", Tensor.scalar(5)))
        .isInstanceOf(InternalException.class);
  }

  @Test
  void subGraphReferencesAreUses() {
    Graph body = graph("i", "o", "n: Add i h -> t", "m: Add t w -> o");
    Node loop = withBody(node("loop: Loop x -> y"), body);
    Graph graph = graph("x", "y", List.of(node("a: Relu x -> h"), node("b: Relu x -> g"), loop));
    GraphEditor editor = GraphEditor.of(graph);
    assertThat(editor.consumers("h")).extracting(Node::name).containsExactly("loop");
    assertThat(editor.freshName("t")).as("inner names are taken").isEqualTo("t_1");
    assertThat(names(sound(editor))).containsExactly("a", "loop");

    editor.replaceUses("h", "g");
    Graph rewired = sound(editor);
    assertThat(names(rewired)).containsExactly("b", "loop");
    Attribute changed = rewired.nodes().getLast().attributes().get("body");
    assertThat(((Attribute.OfGraph) requireNonNull(changed)).value().nodes().getFirst().inputs())
        .containsExactly("i", "g");
  }

  @Test
  void shadowedNamesInSubGraphsAreLeftAlone() {
    Graph body = graph("h", "o", "n: Neg h -> o");
    Node loop = withBody(node("loop: Loop h -> y"), body);
    GraphEditor editor =
        GraphEditor.of(
            graph("x", "y", List.of(node("a: Relu x -> h"), node("b: Abs x -> g"), loop)));
    editor.replaceUses("h", "g");
    Node rewired = named(editor, "loop");
    assertThat(rewired.inputs()).containsExactly("g");
    assertThat(rewired.attributes().get("body")).isEqualTo(new Attribute.OfGraph(body));
  }

  @Test
  void toGraphSortsAndReportsCycles() {
    GraphEditor editor = GraphEditor.of(graph("x", "y", "b: Neg h -> y"));
    editor.add(node("a: Relu x -> h"));
    assertThat(names(sound(editor))).containsExactly("a", "b");
    Node a = named(editor, "a");
    editor.replace(a, a.withInputs(List.of("y")));
    assertThatThrownBy(editor::toGraph).isInstanceOf(InternalException.class);
  }
}
