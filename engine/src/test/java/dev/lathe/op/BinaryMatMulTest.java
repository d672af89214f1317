package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidModelException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BinaryMatMulTest {

  private static final Tensor WEIGHTS = Tensor.of(new float[] {1, -1, 1, -1}, 4, 1);

  @Test
  void multipliesSigns() {
    assertThat(run(Tensor.of(new float[] {1, -2, 3, 4, -5, 6, -7, 8}, 2, 4)).toFloats())
        .containsExactly(-2, 4);
  }

  @Test
  void noRowsGiveNoResults() {
    assertThat(run(Tensor.of(new float[0], 0, 4)).shape().dims()).containsExactly(0, 1);
  }

  @Test
  void signsThatAreNoneAreRefused() {
    assertThatThrownBy(() -> run(Tensor.of(new float[4], 1, 4), List.of(-1L, 1L, 2L, 0L)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'signs'");
  }

  /** The product, negated. */
  private static Tensor run(Tensor x) {
    return run(x, List.of(-1L, 1L, 1L, 0L));
  }

  private static Tensor run(Tensor x, List<Long> signs) {
    Node product =
        Node.of(
            "p",
            Node.LATHE_DOMAIN,
            "BinaryMatMul",
            List.of("x", "w"),
            List.of("y"),
            Map.of("signs", new Attribute.Ints(signs)));
    Node after = Node.of("n", "", "Neg", List.of("y"), List.of("z"), Map.of());
    Graph graph =
        new Graph(
            "two",
            List.of(new ValueInfo("x", null, null, null)),
            List.of(new ValueInfo("z", null, null, null)),
            Map.of("w", WEIGHTS),
            List.of(product, after),
            Map.of(),
            null);
    return OperatorRun.run(graph, 21, Map.of("x", x), 1).getFirst();
  }
}
