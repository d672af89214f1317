package dev.lathe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Networks whose shapes depend on contents, and those that run graphs of their own. */
class StagedRunTest {

  private static final RunOptions ALONE = RunOptions.standard().withThreads(1);

  private static ValueInfo value(String name, DType dtype) {
    return new ValueInfo(name, dtype, null, null);
  }

  private static Node node(String op, String output, String... inputs) {
    return Node.of(output, "", op, Arrays.asList(inputs), List.of(output), Map.of());
  }

  private static Node node(
      String op, List<String> inputs, List<String> outputs, Map<String, Attribute> attributes) {
    return Node.of(op + "_" + outputs, "", op, inputs, outputs, attributes);
  }

  private static Graph graph(
      List<ValueInfo> inputs, List<String> outputs, Map<String, Tensor> constants, Node... nodes) {
    return new Graph(
        "test",
        inputs,
        outputs.stream().map(name -> new ValueInfo(name, null, null, null)).toList(),
        constants,
        List.of(nodes),
        Map.of(),
        null);
  }

  private static NetworkRunner runner(Graph graph) {
    return new NetworkRunner(new Network(8, Map.of("", 16L), graph, "test", Map.of(), null), ALONE);
  }

  private static Tensor floats(float... values) {
    return Tensor.of(values, values.length);
  }

  private static Tensor longs(long... values) {
    return Tensor.of(values, values.length);
  }

  /** Reshape of x to what the rounded contents of x's relative say. */
  private static Graph reshapeByComputedShape() {
    return graph(
        List.of(value("x", DType.FLOAT32), value("sizes", DType.FLOAT32)),
        List.of("y", "twice"),
        Map.of(),
        node("Add", "doubled", "sizes", "sizes"),
        node("Cast", List.of("doubled"), List.of("dims"), Map.of("to", new Attribute.Int(7))),
        node("Reshape", "shaped", "x", "dims"),
        node("Neg", "y", "shaped"),
        node("Add", "twice", "x", "x"));
  }

  @Test
  void aShapeComputedFromContentsIsFollowed() {
    try (NetworkRunner runner = runner(reshapeByComputedShape())) {
      for (float rows : new float[] {1, 2, 1}) {
        List<Tensor> results =
            runner.run(List.of(floats(1, 2, 3, 4, 5, 6, 7, 8), floats(rows, 2 / rows)));
        assertThat(results.get(0).shape())
            .isEqualTo(Shape.of((long) (2 * rows), (long) (4 / rows)));
        assertThat(results.get(0).f32(7)).isEqualTo(-8);
        assertThat(results.get(1).f32(7)).isEqualTo(16);
      }
    }
  }

  @Test
  void aNetworkOfSeveralPlansHasNoSinglePlan() {
    try (NetworkRunner runner = runner(reshapeByComputedShape())) {
      List<TensorFact> facts =
          List.of(
              TensorFact.of(DType.FLOAT32, Shape.of(8)), TensorFact.of(DType.FLOAT32, Shape.of(2)));
      assertThatThrownBy(() -> runner.prepare(facts))
          .isInstanceOf(ContentRequiredException.class)
          .hasMessageContaining("Reshape");
    }
  }

  @Test
  void anInputMayDecideOnTheShape() {
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("dims", DType.INT64)),
            List.of("y"),
            Map.of(),
            node("Reshape", "y", "x", "dims"));
    try (NetworkRunner runner = runner(graph)) {
      Tensor x = floats(1, 2, 3, 4, 5, 6);
      assertThat(runner.run(List.of(x, longs(2, 3))).getFirst().shape()).isEqualTo(Shape.of(2, 3));
      assertThat(runner.run(List.of(x, longs(3, -1))).getFirst().shape()).isEqualTo(Shape.of(3, 2));
      assertThat(runner.run(List.of(x, longs(2, 3))).getFirst().shape()).isEqualTo(Shape.of(2, 3));
      Tensor y = Tensor.zeros(DType.FLOAT32, Shape.of(6, 1));
      runner.run(List.of(x, longs(6, 1)), List.of(y));
      assertThat(y.f32(5)).isEqualTo(6);
    }
  }

  private static Node choice(String condition, String output, Graph then, Graph otherwise) {
    return node(
        "If",
        List.of(condition),
        List.of(output),
        Map.of(
            "then_branch", new Attribute.OfGraph(then),
            "else_branch", new Attribute.OfGraph(otherwise)));
  }

  @Test
  void branchesSeeTheValuesAroundThem() {
    Graph then = graph(List.of(), List.of("a"), Map.of(), node("Add", "a", "x", "c"));
    Graph otherwise =
        graph(
            List.of(),
            List.of("b"),
            Map.of("three", floats(3)),
            node("Mul", "m", "negated", "three"),
            node("Identity", "b", "m"));
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("flag", DType.BOOL)),
            List.of("y"),
            Map.of("c", floats(10)),
            node("Neg", "negated", "x"),
            choice("flag", "chosen", then, otherwise),
            node("Add", "y", "chosen", "chosen"));
    try (NetworkRunner runner = runner(graph)) {
      for (int run = 0; run < 2; run++) {
        assertThat(runner.run(List.of(floats(1, 2), Tensors.scalar(true))).getFirst().f32(1))
            .isEqualTo(24);
        assertThat(runner.run(List.of(floats(1, 2), Tensors.scalar(false))).getFirst().f32(1))
            .isEqualTo(-12);
      }
    }
  }

  @Test
  void aBranchDecidedByShapesBecomesPartOfThePlan() {
    Graph then = graph(List.of(), List.of("v"), Map.of(), node("Neg", "v", "x"));
    Graph otherwise = graph(List.of(), List.of("v"), Map.of(), node("Abs", "v", "x"));
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32)),
            List.of("y"),
            Map.of("two", longs(2)),
            node("Shape", "dims", "x"),
            node("Equal", "flag", "dims", "two"),
            choice("flag", "first", then, otherwise),
            choice("flag", "second", otherwise, then),
            node("Add", "y", "first", "second"));
    try (NetworkRunner runner = runner(graph)) {
      assertThat(runner.run(List.of(floats(1, 2))).getFirst().f32(1)).isZero();
      assertThat(runner.run(List.of(floats(1, -2, 3))).getFirst().f32(1)).isEqualTo(4);
      assertThat(runner.planFor(List.of(TensorFact.of(DType.FLOAT32, Shape.of(2)))).steps())
          .extracting(step -> step.node().opType())
          .containsExactlyInAnyOrder("Neg", "Abs", "Add");
    }
  }

  private static Node loop(String trips, String condition, Graph body) {
    return node(
        "Loop",
        List.of(trips, condition, "start"),
        List.of("last", "all"),
        Map.of("body", new Attribute.OfGraph(body)));
  }

  /** Adds the iteration's number and x to what is carried; stops when the sum reaches the limit. */
  private static Graph summing() {
    return graph(
        List.of(value("i", DType.INT64), value("before", DType.BOOL), value("sum", DType.FLOAT32)),
        List.of("more", "next", "seen"),
        Map.of("limit", floats(10)),
        node("Cast", List.of("i"), List.of("step"), Map.of("to", new Attribute.Int(1))),
        node("Add", "moved", "sum", "step"),
        node("Add", "next", "moved", "x"),
        node("ReduceMax", List.of("next"), List.of("top"), Map.of()),
        node("ReduceMax", List.of("limit"), List.of("bound"), Map.of()),
        node("Squeeze", "flat", "top"),
        node("Squeeze", "edge", "bound"),
        node("Less", "more", "flat", "edge"),
        node("Identity", "seen", "next"));
  }

  @Test
  void aLoopCarriesAndCollects() {
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("n", DType.INT64)),
            List.of("last", "all"),
            Map.of("start", floats(0)),
            loop("n", "", summing()));
    try (NetworkRunner runner = runner(graph)) {
      List<Tensor> three = runner.run(List.of(floats(1), Tensor.of(new long[] {3})));
      assertThat(three.get(0).f32(0)).isEqualTo(6);
      assertThat(three.get(1).shape()).isEqualTo(Shape.of(3, 1));
      assertThat(three.get(1).f32(0)).isEqualTo(1);
      assertThat(three.get(1).f32(1)).isEqualTo(3);
      List<Tensor> bounded = runner.run(List.of(floats(1), Tensor.of(new long[] {100})));
      assertThat(bounded.get(1).shape()).isEqualTo(Shape.of(4, 1));
      List<Tensor> longer = runner.run(List.of(floats(1, 2), Tensor.of(new long[] {2})));
      assertThat(longer.get(1).shape()).isEqualTo(Shape.of(2, 2));
    }
  }

  @Test
  void aLoopThatNeverRunsMustSayWhatItWouldYield() {
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("n", DType.INT64)),
            List.of("last", "all"),
            Map.of("start", floats(0)),
            loop("n", "", summing()));
    try (NetworkRunner runner = runner(graph)) {
      assertThatThrownBy(() -> runner.run(List.of(floats(1), Tensor.of(new long[] {0}))))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("seen");
    }
  }

  @Test
  void aScanGoesOverSlicesOfAnyAxisInAnyDirection() {
    Graph body =
        graph(
            List.of(value("sum", DType.FLOAT32), value("part", DType.FLOAT32)),
            List.of("next", "copy"),
            Map.of(),
            node("Add", "next", "sum", "part"),
            node("Identity", "copy", "next"));
    Graph graph =
        graph(
            List.of(value("start", DType.FLOAT32), value("x", DType.FLOAT32)),
            List.of("last", "all"),
            Map.of(),
            node(
                "Scan",
                List.of("start", "x"),
                List.of("last", "all"),
                Map.of(
                    "body", new Attribute.OfGraph(body),
                    "num_scan_inputs", new Attribute.Int(1),
                    "scan_input_axes", new Attribute.Ints(List.of(-1L)),
                    "scan_input_directions", new Attribute.Ints(List.of(1L)),
                    "scan_output_axes", new Attribute.Ints(List.of(1L)),
                    "scan_output_directions", new Attribute.Ints(List.of(1L)))));
    try (NetworkRunner runner = runner(graph)) {
      List<Tensor> results =
          runner.run(List.of(floats(0, 0), Tensor.of(new float[] {1, 2, 3, 10, 20, 30}, 2, 3)));
      assertThat(results.get(0).f32(1)).isEqualTo(60);
      assertThat(results.get(1).shape()).isEqualTo(Shape.of(2, 3));
      assertThat(results.get(1).data().toArray(Tensor.F32)).containsExactly(6, 5, 3, 60, 50, 30);
    }
  }

  @Test
  void aBranchThatYieldsTooLittleIsRefused() {
    Graph one = graph(List.of(), List.of("r"), Map.of(), node("Neg", "r", "x"));
    Node choice = choice("flag", "y", one, one).withOutputs(List.of("y", "z"));
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("flag", DType.BOOL)),
            List.of("y", "z"),
            Map.of(),
            choice);
    try (NetworkRunner runner = runner(graph)) {
      assertThatThrownBy(() -> runner.run(List.of(floats(1), Tensors.scalar(true))))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("has 2 outputs, its body yields 1");
    }
  }

  @Test
  void aTripCountMustBeOneWholeNumber() {
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("n", DType.INT64)),
            List.of("last", "all"),
            Map.of("start", floats(0)),
            loop("n", "", summing()));
    try (NetworkRunner runner = runner(graph)) {
      assertThatThrownBy(() -> runner.run(List.of(floats(1), longs())))
          .isInstanceOf(InvalidModelException.class)
          .hasMessageContaining("trip count");
    }
  }

  @Test
  void equallyNamedConstantsOfDifferentScopesStayApart() {
    Graph then = graph(List.of(), List.of("r"), Map.of("w", floats(2)), node("Mul", "r", "x", "w"));
    Graph otherwise =
        graph(List.of(), List.of("r"), Map.of("w", floats(3)), node("Mul", "r", "x", "w"));
    Graph graph =
        graph(
            List.of(value("x", DType.FLOAT32), value("flag", DType.BOOL)),
            List.of("y"),
            Map.of("w2", floats(5)),
            choice("flag", "y", then, otherwise));
    try (NetworkRunner runner = runner(graph)) {
      assertThat(runner.run(List.of(floats(1), Tensors.scalar(true))).getFirst().f32(0))
          .isEqualTo(2);
      assertThat(runner.run(List.of(floats(1), Tensors.scalar(false))).getFirst().f32(0))
          .isEqualTo(3);
    }
  }
}
