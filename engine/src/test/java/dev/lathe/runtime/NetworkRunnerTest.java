package dev.lathe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.error.UnsupportedException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.FloatMath;
import dev.lathe.sample.Topologies;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class NetworkRunnerTest {

  private static final RunOptions ALONE = RunOptions.standard().withThreads(1);

  private static ValueInfo batched(String name, long width) {
    return new ValueInfo(
        name, DType.FLOAT32, List.of(new Dim.Symbol("n"), new Dim.Fixed(width)), null);
  }

  private static Node node(String op, String output, String... inputs) {
    return Node.of(output, "", op, Arrays.asList(inputs), List.of(output), Map.of());
  }

  private static Network network(List<String> outputs, Node... nodes) {
    Graph graph =
        new Graph(
            "test",
            List.of(batched("x", 4)),
            outputs.stream().map(name -> batched(name, 4)).toList(),
            Map.of("c", Tensor.of(new float[] {1, 2, 3, 4}, 1, 4)),
            List.of(nodes),
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static Tensor rows(int n, long seed, long... rest) {
    long[] dims = new long[rest.length + 1];
    dims[0] = n;
    System.arraycopy(rest, 0, dims, 1, rest.length);
    float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
    Random random = new Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, dims);
  }

  @Test
  void outputsMayBeInputsConstantsOrNamedTwice() {
    Network network =
        network(
            List.of("same", "const", "a", "b", "x"),
            node("Identity", "same", "x"),
            node("Identity", "const", "c"),
            node("Add", "a", "x", "c"),
            node("Identity", "b", "a"));
    try (NetworkRunner runner = new NetworkRunner(network, ALONE)) {
      List<Tensor> results = runner.run(List.of(Tensor.of(new float[] {1, 1, 1, 1}, 1, 4)));

      assertThat(results.get(0).toFloats()).containsExactly(1, 1, 1, 1);
      assertThat(results.get(1).toFloats()).containsExactly(1, 2, 3, 4);
      assertThat(results.get(2).toFloats()).containsExactly(2, 3, 4, 5);
      assertThat(results.get(3).toFloats()).containsExactly(2, 3, 4, 5);
      assertThat(results.get(4).toFloats()).containsExactly(1, 1, 1, 1);
    }
  }

  @Test
  void anInputIsNeverOverwritten() {
    Network network = network(List.of("z"), node("Relu", "y", "x"), node("Add", "z", "y", "x"));
    Tensor x = Tensor.of(new float[] {-1, 2, -3, 4}, 1, 4);
    try (NetworkRunner runner = new NetworkRunner(network, ALONE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(16, 64).copyFrom(x.data());
      Tensor direct = new Tensor(DType.FLOAT32, x.shape(), copy);

      assertThat(runner.run(List.of(direct)).getFirst().toFloats()).containsExactly(-1, 4, -3, 8);
      assertThat(direct.toFloats()).containsExactly(-1, 2, -3, 4);
    }
  }

  @Test
  void theBatchIsOpenAndPlansAreKeptAndDropped() {
    Network network = network(List.of("y"), node("Add", "y", "x", "c"));
    try (NetworkRunner runner = new NetworkRunner(network, ALONE)) {
      for (int round = 0; round < 2; round++) {
        for (int n = 1; n <= 40; n++) {
          Tensor result = runner.run(List.of(rows(n, n, 4))).getFirst();
          assertThat(result.shape()).isEqualTo(Shape.of(n, 4));
        }
      }
    }
  }

  @Test
  void callersOutputsAreWrittenInPlace() {
    Network network = network(List.of("y"), node("Add", "y", "x", "c"));
    try (NetworkRunner runner = new NetworkRunner(network, ALONE);
        Arena arena = Arena.ofConfined();
        Invocation invocation =
            runner.prepare(List.of(TensorFact.of(DType.FLOAT32, Shape.of(1, 4))))) {
      Tensor y = Tensor.allocate(DType.FLOAT32, Shape.of(1, 4), arena);
      invocation.run(List.of(Tensor.of(new float[] {0, 0, 0, 1}, 1, 4)), List.of(y));
      assertThat(y.toFloats()).containsExactly(1, 2, 3, 5);

      assertThatThrownBy(
              () ->
                  invocation.run(
                      List.of(rows(1, 0, 4)), List.of(Tensor.zeros(DType.FLOAT32, Shape.of(4)))))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("output 0");
    }
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    Network network = Topologies.build("lenet5", 7);
    Tensor image = rows(3, 11, 1, 28, 28);
    List<float[]> results = new ArrayList<>();
    for (int threads = 1; threads <= 5; threads++) {
      try (NetworkRunner runner = new NetworkRunner(network, ALONE.withThreads(threads))) {
        results.add(runner.run(List.of(image)).getFirst().toFloats());
      }
    }
    assertThat(results).allSatisfy(result -> assertThat(result).isEqualTo(results.getFirst()));
  }

  @Test
  void concurrentRunsDoNotDisturbEachOther() throws Exception {
    Network network = Topologies.build("lenet5", 7);
    for (int threads : new int[] {1, 2}) {
      try (NetworkRunner runner = new NetworkRunner(network, ALONE.withThreads(threads));
          ExecutorService callers = Executors.newFixedThreadPool(4)) {
        List<Future<Boolean>> outcomes = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
          Tensor image = rows(1 + i % 3, i, 1, 28, 28);
          float[] alone = runner.run(List.of(image)).getFirst().toFloats();
          outcomes.add(
              callers.submit(
                  () -> Arrays.equals(alone, runner.run(List.of(image)).getFirst().toFloats())));
        }
        for (Future<Boolean> outcome : outcomes) {
          assertThat(outcome.get()).isTrue();
        }
      }
    }
  }

  @Test
  void wrongInputsAreReportedTogether() {
    Network network = network(List.of("y"), node("Add", "y", "x", "c"));
    try (NetworkRunner runner = new NetworkRunner(network, ALONE)) {
      assertThatThrownBy(() -> runner.run(List.of(rows(1, 0, 5))))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("'x'")
          .hasMessageContaining("dimension 1 is 5");
      assertThatThrownBy(() -> runner.run(List.of())).isInstanceOf(UsageException.class);
    }
  }

  @Test
  void everyUnsupportedOperatorIsNamedAtOnce() {
    Network network =
        network(List.of("z"), node("NoSuchOp", "y", "x"), node("NorThisOne", "z", "y"));
    assertThatThrownBy(
            () -> {
              try (NetworkRunner runner = new NetworkRunner(network, ALONE)) {
                runner.run(List.of(rows(1, 0, 4)));
              }
            })
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("NoSuchOp")
        .hasMessageContaining("NorThisOne");
  }

  @Test
  void closingTwiceIsFineAndLaterRunsAreRefused() {
    NetworkRunner runner =
        new NetworkRunner(network(List.of("y"), node("Add", "y", "x", "c")), ALONE);
    Invocation invocation = runner.prepare(List.of(TensorFact.of(DType.FLOAT32, Shape.of(1, 4))));
    runner.close();
    runner.close();
    invocation.close();
    invocation.close();
    assertThatThrownBy(() -> runner.run(List.of(rows(1, 0, 4))))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shapeArithmeticFoldsAway() {
    Graph graph =
        new Graph(
            "shapes",
            List.of(batched("x", 4)),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            Map.of("zero", Tensor.of(new long[] {0}, 1), "rest", Tensor.of(new long[] {2, 2}, 2)),
            List.of(
                node("Shape", "shape", "x"),
                node("Gather", "n", "shape", "zero"),
                Node.of(
                    "dims",
                    "",
                    "Concat",
                    List.of("n", "rest"),
                    List.of("dims"),
                    Map.of("axis", new Attribute.Int(0))),
                node("Reshape", "y", "x", "dims")),
            Map.of(),
            null);
    Network network = new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
    try (NetworkRunner runner = new NetworkRunner(network, ALONE)) {
      assertThat(runner.run(List.of(rows(3, 1, 4))).getFirst().shape())
          .isEqualTo(Shape.of(3, 2, 2));
      assertThat(runner.planFor(List.of(TensorFact.of(DType.FLOAT32, Shape.of(3, 4)))).steps())
          .hasSize(1);
    }
  }

  @Test
  void runnersOfOneNetworkShareItsConstantsUntilTheLastIsClosed() {
    Network network = Topologies.build("lenet5", 7);
    Tensor input = rows(1, 3, 1, 28, 28);
    NetworkRunner first = new NetworkRunner(network, ALONE);
    List<Tensor> expected = first.run(List.of(input));
    long bytes = first.constantBytes();
    assertThat(bytes).isPositive();

    try (NetworkRunner second = new NetworkRunner(network, ALONE.withThreads(2));
        NetworkRunner copy = new NetworkRunner(Topologies.build("lenet5", 7), ALONE)) {
      assertThat(copy.constantBytes()).as("another network, though equal").isZero();
      assertThat(second.constantBytes()).isEqualTo(bytes);
      second.run(List.of(input));
      assertThat(second.constantBytes()).as("packed nothing again").isEqualTo(bytes);
      first.close();
      assertThat(second.run(List.of(input)).getFirst().toFloats())
          .containsExactly(expected.getFirst().toFloats());
    }
    try (NetworkRunner later = new NetworkRunner(network, ALONE)) {
      assertThat(later.constantBytes()).as("freed with the last runner").isZero();
    }
  }

  @Test
  void bf16ProductsAreNearAndOnlyWhereAskedFor() {
    Network network = Topologies.build("lenet5", 7);
    Tensor input = rows(1, 3, 1, 28, 28);
    RunOptions plain = ALONE.withIsa(Isa.SCALAR);
    try (NetworkRunner exact = new NetworkRunner(network, plain);
        NetworkRunner rounded = new NetworkRunner(network, plain.withMath(FloatMath.BF16))) {
      float[] expected = exact.run(List.of(input)).getFirst().toFloats();
      float[] actual = rounded.run(List.of(input)).getFirst().toFloats();
      float largest = 0;
      for (float value : expected) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(actual).isNotEqualTo(expected).containsExactly(expected, within(largest / 32));
      assertThat(kernels(rounded)).anyMatch(kernel -> kernel.startsWith("bf16_brgemm_"));
      assertThat(kernels(exact)).noneMatch(kernel -> kernel.startsWith("bf16_brgemm_"));
    }
  }

  @Test
  void bf16ProductsAreRefusedWithoutHardwareForThem() {
    Network network = Topologies.build("lenet5", 7);
    assertThatThrownBy(
            () -> new NetworkRunner(network, ALONE.withIsa(Isa.VECTOR128).withMath(FloatMath.BF16)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("bf16 products are not available")
        .hasMessageContaining("vector128");
  }

  private static List<String> kernels(NetworkRunner runner) {
    return runner.planFor(runner.declaredFacts(1)).steps().stream()
        .map(step -> step.step().kernel())
        .toList();
  }
}
