package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.UsageException;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.measure.SeededInputs;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks with many zero weights: sparse kernels answer what dense ones do, to the bit. */
@PerTier
class SparseWeightsTest {

  @AfterEach
  void forget() {
    System.clearProperty(SparsePolicy.PROPERTY);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void sparseAndDenseKernelsAgree(int threads) {
    Network network = network(0.15);
    RunOptions options = RunOptions.standard().withThreads(threads);
    Answer dense = answer(network, "never", options);
    Answer sparse = answer(network, "always", options);

    assertThat(dense.kernels).noneMatch(name -> name.contains("spmm"));
    if (sparse.kernels.stream().anyMatch(name -> name.contains("vector"))) {
      assertThat(sparse.kernels).filteredOn(name -> name.contains("spmm")).hasSize(6);
    }
    assertThat(sparse.values).isEqualTo(dense.values);
  }

  @Test
  void fewZerosStayDense() {
    Answer answer = answer(network(0.9), "auto", RunOptions.standard());
    assertThat(answer.kernels).noneMatch(name -> name.contains("spmm"));
  }

  @Test
  void thePolicyIsStrict() {
    assertThatThrownBy(() -> answer(network(0.5), "sometimes", RunOptions.standard()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("sometimes");
  }

  private record Answer(List<Float> values, List<String> kernels) {}

  private static Answer answer(Network network, String policy, RunOptions options) {
    System.setProperty(SparsePolicy.PROPERTY, policy);
    try (NetworkRunner runner = new NetworkRunner(network, options)) {
      Tensor input = SeededInputs.of(runner.declaredFacts(2).getFirst(), 7);
      List<String> kernels =
          runner.prepare(runner.declaredFacts(2)).plan().steps().stream()
              .map(step -> step.step().kernel())
              .toList();
      Tensor output = runner.run(List.of(input)).getFirst();
      List<Float> values = new ArrayList<>();
      for (float value : output.toFloats()) {
        values.add(value);
      }
      return new Answer(values, kernels);
    }
  }

  /** Kinds of convolution, a residual sum, and a matrix product with an activation. */
  private static Network network(double density) {
    Random random = new Random(3);
    Map<String, Tensor> constants = new HashMap<>();
    constants.put("w1", weights(random, density, 24, 3, 5, 5));
    constants.put("w2", weights(random, density, 24, 24, 3, 3));
    constants.put("w3", weights(random, density, 24, 24, 1, 1));
    constants.put("w4", weights(random, density, 32, 12, 3, 3));
    constants.put("w5", weights(random, density, 40, 32, 1, 1));
    constants.put("w6", weights(random, density, 40, 30));
    constants.put("b", weights(random, 1, 24));
    constants.put("shape", Tensor.of(new long[] {0, 40, -1}, 3));
    List<Node> nodes = new ArrayList<>();
    nodes.add(conv("c1", "x", "w1", "a", 2, 2, 1));
    nodes.add(Node.of("r1", "", "Relu", List.of("a"), List.of("ar"), Map.of()));
    nodes.add(
        Node.of(
            "c2",
            "",
            "Conv",
            List.of("ar", "w2", "b"),
            List.of("c"),
            Map.of("pads", ints(1, 1, 1, 1))));
    nodes.add(Node.of("r2", "", "Relu", List.of("c"), List.of("cr"), Map.of()));
    nodes.add(conv("c3", "cr", "w3", "d", 0, 1, 1));
    nodes.add(Node.of("add", "", "Add", List.of("d", "ar"), List.of("e"), Map.of()));
    nodes.add(Node.of("r3", "", "Relu", List.of("e"), List.of("er"), Map.of()));
    nodes.add(conv("c4", "er", "w4", "f", 1, 2, 2));
    nodes.add(conv("c5", "f", "w5", "g", 0, 1, 1));
    nodes.add(Node.of("s", "", "Reshape", List.of("g", "shape"), List.of("h"), Map.of()));
    nodes.add(
        Node.of("t", "", "Transpose", List.of("h"), List.of("i"), Map.of("perm", ints(0, 2, 1))));
    nodes.add(Node.of("m", "", "MatMul", List.of("i", "w6"), List.of("j"), Map.of()));
    nodes.add(Node.of("tanh", "", "Tanh", List.of("j"), List.of("y"), Map.of()));
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 2, 3, 29, 31)),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static Node conv(
      String name, String x, String w, String y, long pad, long stride, long group) {
    return Node.of(
        name,
        "",
        "Conv",
        List.of(x, w),
        List.of(y),
        Map.of(
            "pads", ints(pad, pad, pad, pad),
            "strides", ints(stride, stride),
            "group", new Attribute.Int(group)));
  }

  private static Attribute ints(long... values) {
    return new Attribute.Ints(Arrays.stream(values).boxed().toList());
  }

  private static Tensor weights(Random random, double density, long... dims) {
    float[] values = new float[Math.toIntExact(Arrays.stream(dims).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextDouble() < density ? (float) random.nextGaussian() : 0;
    }
    return Tensor.of(values, dims);
  }
}
