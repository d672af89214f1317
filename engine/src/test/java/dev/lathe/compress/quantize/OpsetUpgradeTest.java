package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpsetUpgradeTest {

  @Test
  void newNetworksStayTheSameObject() {
    Network network = Nets.residual();

    assertThat(OpsetUpgrade.apply(network)).isSameAs(network);
  }

  @Test
  void attributesBecomeInputs() {
    Graph graph =
        upgrade(
            new Nets()
                .input("x", 1, 4)
                .node("Unsqueeze", "x", "u", Nets.ints("axes", 0, 3))
                .node("Squeeze", "u", "s", Nets.ints("axes", 0))
                .node(
                    "Clip",
                    "s",
                    "c",
                    Map.of("min", new Attribute.Real(-1), "max", new Attribute.Real(2)))
                .node("Clip", "c", "d", Map.of("max", new Attribute.Real(3)))
                .node(
                    "Pad",
                    "d",
                    "p",
                    Map.of(
                        "pads",
                        new Attribute.Ints(List.of(0L, 0L, 0L, 0L, 1L, 0L)),
                        "value",
                        new Attribute.Real(7)))
                .node("ReduceSum", "p", "r", Nets.ints("axes", 2))
                .node("Dropout", "r", "y", Map.of("ratio", new Attribute.Real(0.5f)))
                .output("y", 1, 5, 1));

    assertThat(inputs(graph, "u", 1).toLongs()).containsExactly(0, 3);
    assertThat(inputs(graph, "s", 1).toLongs()).containsExactly(0);
    assertThat(inputs(graph, "c", 1).f32(0)).isEqualTo(-1);
    assertThat(inputs(graph, "c", 2).f32(0)).isEqualTo(2);
    assertThat(node(graph, "d").hasInput(1)).isFalse();
    assertThat(inputs(graph, "d", 2).f32(0)).isEqualTo(3);
    assertThat(inputs(graph, "p", 1).toLongs()).containsExactly(0, 0, 0, 0, 1, 0);
    assertThat(inputs(graph, "p", 2).f32(0)).isEqualTo(7);
    assertThat(inputs(graph, "r", 1).toLongs()).containsExactly(2);
    assertThat(graph.nodes())
        .allSatisfy(node -> assertThat(node.attributes()).doesNotContainKeys("axes", "ratio"));
  }

  @Test
  void softmaxOverTheLastAxisKeepsItsForm() {
    Graph graph = upgrade(new Nets().input("x", 2, 5).node("Softmax", "x", "y").output("y", 2, 5));

    assertThat(graph.nodes()).hasSize(1);
    assertThat(node(graph, "y").intAttribute("axis", 0)).isEqualTo(-1);
  }

  @Test
  void softmaxOverSeveralAxesIsSpelledOut() {
    Graph graph =
        upgrade(new Nets().input("x", 2, 5, 3).node("Softmax", "x", "y").output("y", 2, 5, 3));

    assertThat(graph.nodes())
        .extracting(Node::opType)
        .containsExactlyInAnyOrder("Shape", "Flatten", "Softmax", "Reshape");
  }

  @Test
  void upsampleIsAnAsymmetricResize() {
    Graph graph =
        upgrade(
            new Nets()
                .input("x", 1, 1, 2, 2)
                .constant("s", Tensor.of(new float[] {1, 1, 2, 2}, 4))
                .node("Upsample", "x s", "y", Map.of("mode", new Attribute.Text("nearest")))
                .output("y", 1, 1, 4, 4));
    Node resize = node(graph, "y");

    assertThat(resize.opType()).isEqualTo("Resize");
    assertThat(resize.inputs()).containsExactly("x", "", "s");
    assertThat(resize.textAttribute("coordinate_transformation_mode", "")).isEqualTo("asymmetric");
    assertThat(resize.textAttribute("nearest_mode", "")).isEqualTo("floor");
  }

  @Test
  void everyNodeThatCannotBeLiftedIsListed() {
    Network network =
        new Nets()
            .input("x", 1, 4)
            .node("Frobnicate", "x", "a")
            .node("If", "a", "b")
            .node("BatchNormalization", "b w w w w", "y", Map.of("spatial", new Attribute.Int(0)))
            .weights("w", 4)
            .output("y", 1, 4)
            .build(8);

    assertThatThrownBy(() -> OpsetUpgrade.apply(network))
        .isInstanceOfSatisfying(
            UnsupportedException.class, e -> assertThat(e.problems()).hasSize(3))
        .hasMessageContaining("Frobnicate")
        .hasMessageContaining("opset 8")
        .hasMessageContaining("sub-graphs")
        .hasMessageContaining("spatial");
  }

  private static Graph upgrade(Nets nets) {
    Network upgraded = OpsetUpgrade.apply(nets.build(9));
    assertThat(upgraded.opset()).isEqualTo(13);
    return upgraded.graph();
  }

  private static Node node(Graph graph, String output) {
    return graph.nodes().stream()
        .filter(node -> node.outputs().contains(output))
        .findFirst()
        .orElseThrow();
  }

  private static Tensor inputs(Graph graph, String output, int index) {
    return Nets.constant(graph, node(graph, output).input(index));
  }
}
