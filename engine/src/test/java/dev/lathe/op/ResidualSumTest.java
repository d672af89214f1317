package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A residual sum takes the memory of its addend where nothing else needs that. */
@PerTier
class ResidualSumTest {

  private static final int CHANNELS = 20;
  private static final int EXTENT = 13;
  private static final long BYTES = 4L * CHANNELS * EXTENT * EXTENT;

  @ParameterizedTest
  @CsvSource({"1,1", "1,2", "20,1", "20,2"})
  void theAddendIsOverwritten(int groups, int threads) {
    Run sum = run("b", groups, threads, List.of("y"));
    Run kept = run("b", groups, threads, List.of("y", "a"));
    assertThat(sum.values).isEqualTo(kept.values);
    assertThat(sum.arena).isLessThan(3 * BYTES);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,2", "20,1", "20,2"})
  void anAddendThatIsConvolvedItselfIsNot(int groups, int threads) {
    Run sum = run("a", groups, threads, List.of("y"));
    Run kept = run("a", groups, threads, List.of("y", "a"));
    assertThat(sum.values).isEqualTo(kept.values);
  }

  private record Run(List<Float> values, long arena) {}

  /** {@code y = conv(from) + a}, where {@code a = conv(x)} and {@code b = conv(a)}. */
  private static Run run(String from, int groups, int threads, List<String> outputs) {
    Map<String, Tensor> constants = new HashMap<>();
    for (String weight : List.of("v", "w", "u")) {
      constants.put(
          weight, SeededInputs.of(fact(CHANNELS, CHANNELS / groups, 3, 3), weight.hashCode()));
    }
    List<Node> nodes =
        Stream.of(
                conv("x", "v", "a", groups),
                conv("a", "w", "b", groups),
                conv(from, "u", "c", groups),
                Node.of("sum", "", "Add", List.of("c", "a"), List.of("y"), Map.of()))
            .toList();
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, CHANNELS, EXTENT, EXTENT)),
            outputs.stream().map(y -> new ValueInfo(y, DType.FLOAT32, null, null)).toList(),
            constants,
            nodes,
            Map.of(),
            null);
    Network network = new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
    RunOptions options = RunOptions.standard().withThreads(threads);
    try (NetworkRunner runner = new NetworkRunner(network, options)) {
      Tensor input = SeededInputs.of(runner.declaredFacts(1).getFirst(), 7);
      long arena = runner.prepare(runner.declaredFacts(1)).plan().arenaBytes();
      List<Float> values = new ArrayList<>();
      for (float value : runner.run(List.of(input)).getFirst().toFloats()) {
        values.add(value);
      }
      return new Run(values, arena);
    }
  }

  private static TensorFact fact(long... dims) {
    return TensorFact.of(DType.FLOAT32, Shape.of(dims));
  }

  private static Node conv(String x, String w, String y, long groups) {
    return Node.of(
        "conv " + y,
        "",
        "Conv",
        List.of(x, w),
        List.of(y),
        Map.of(
            "pads", new Attribute.Ints(List.of(1L, 1L, 1L, 1L)),
            "group", new Attribute.Int(groups)));
  }
}
