package dev.lathe.compress.recover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.parallel.Workers;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReconstructionTest {

  /** A convolution whose input channels depend on each other, as those of real networks do. */
  private static Network network(Tensor weight, int groups) {
    return new RandomNet(8)
        .weights("mix", 8, 3, 1, 1)
        .node("Conv", "x mix", "m", Map.of())
        .node("Relu", "m", "r", Map.of())
        .constant("w", weight)
        .node("Conv", "r w", "y", Map.of("group", new Attribute.Int(groups)))
        .build("x", 3, 8, 8);
  }

  private static LayerProblem problem(Tensor tensor, int groups) {
    Network network = network(tensor, groups);
    Node node = network.graph().nodes().getLast();
    Weight weight = new Weight(node, "w", tensor, WeightView.of(node, tensor.shape(), false));
    CompressionContext context = CompressionContext.of(ListSamples.random(network, 4, 8, 5));
    Moments moments =
        Objects.requireNonNull(InputMoments.of(network, List.of(weight), context, "test").get("w"));
    return new LayerProblem(weight, moments, false);
  }

  private static Tensor gaussian(int groups) {
    Network network = new RandomNet(groups).weights("w", 8, 8 / groups, 3, 3).build("x", 1);
    return Objects.requireNonNull(network.graph().constants().get("w"));
  }

  private static QuantParams params(Tensor tensor, Scheme scheme, int bits, int axis) {
    List<Range> ranges = TensorQuantizer.ranges(tensor, axis);
    return axis == QuantParams.PER_TENSOR
        ? QuantParams.choose(scheme, scheme.levels(bits), ranges.getFirst())
        : QuantParams.choose(scheme, scheme.levels(bits), axis, ranges);
  }

  private static double[] solve(Rounding rounding, LayerProblem problem, int threads) {
    try (Workers workers = new Workers(threads)) {
      return rounding.solve(problem, workers);
    }
  }

  private static double loss(LayerProblem problem, double[] changed) {
    int k = problem.k();
    double loss = 0;
    for (int row = 0; row < problem.view().rows(); row++) {
      double[] moment = problem.moment(row / problem.view().n());
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          double left = problem.original()[row * k + i] - changed[row * k + i];
          double right = problem.original()[row * k + j] - changed[row * k + j];
          loss += left * moment[i * k + j] * right;
        }
      }
    }
    return loss;
  }

  @ParameterizedTest
  @CsvSource({
    "SYMMETRIC, 4, 0, 1",
    "SYMMETRIC, 3, 0, 2",
    "SYMMETRIC, 2, 0, 8",
    "AFFINE, 4, 0, 1",
    "SYMMETRIC, 4, -1, 1",
    "AFFINE, 3, -1, 8",
    "SYMMETRIC, 8, 0, 1"
  })
  void losesLessThanTheNearestLevelsAndStaysOnTheGrid(
      Scheme scheme, int bits, int axis, int groups) {
    Tensor tensor = gaussian(groups);
    LayerProblem problem = problem(tensor, groups);
    Map<String, QuantParams> initial = Map.of("w", params(tensor, scheme, bits, axis));
    Reconstruction reconstruction = new Reconstruction(initial);

    double[] rounded = solve(reconstruction, problem, 1);

    double nearest = loss(problem, solve(new NearestRounding(initial), problem, 1));
    double gptq = loss(problem, solve(new GptqRounding(initial), problem, 1));
    double reconstructed = loss(problem, rounded);
    assertThat(gptq).isLessThan(nearest);
    // The scale is chosen by the damped loss, whose order may differ by the damping.
    assertThat(reconstructed).isLessThan(1.01 * gptq).isLessThan(0.8 * nearest);
    QuantParams chosen = Objects.requireNonNull(reconstruction.chosen().get("w"));
    Tensor values = WeightMatrix.tensor(problem.weight(), rounded);
    Tensor again = TensorQuantizer.dequantize(TensorQuantizer.quantize(values, chosen), chosen);
    assertThat(again.toFloats()).isEqualTo(values.toFloats());
    assertThat(solve(new Reconstruction(initial), problem, 3)).isEqualTo(rounded);
  }

  @Test
  void zerosStayZero() {
    Tensor tensor = gaussian(1);
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i += 2) {
      values[i] = 0;
    }
    LayerProblem problem = problem(Tensor.of(values, tensor.shape().dims()), 1);
    Map<String, QuantParams> initial =
        Map.of("w", params(problem.weight().tensor(), Scheme.SYMMETRIC, 3, 0));

    for (Rounding rounding :
        List.of(
            new NearestRounding(initial), new GptqRounding(initial), new Reconstruction(initial))) {
      Tensor rounded = WeightMatrix.tensor(problem.weight(), solve(rounding, problem, 1));
      for (int i = 0; i < values.length; i += 2) {
        assertThat(rounded.f32(i)).isZero();
      }
      assertThat(Weight.zeros(rounded)).isLessThan(values.length * 9L / 10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"zero", "constant", "outlier", "denormal"})
  void copesWithWeightsOfEveryKind(String kind) {
    float[] values = new float[8 * 8 * 9];
    Arrays.fill(values, kind.equals("zero") ? 0 : kind.equals("denormal") ? 1e-42f : 0.25f);
    if (kind.equals("outlier")) {
      values[17] = 1e6f;
    }
    Tensor tensor = Tensor.of(values, 8, 8, 3, 3);
    LayerProblem problem = problem(tensor, 1);
    QuantParams params = params(tensor, Scheme.SYMMETRIC, 4, 0);

    double[] rounded = solve(new Reconstruction(Map.of("w", params)), problem, 1);

    double nearest = loss(problem, solve(new NearestRounding(Map.of("w", params)), problem, 1));
    assertThat(Arrays.stream(rounded).allMatch(Double::isFinite)).isTrue();
    assertThat(loss(problem, rounded)).isLessThanOrEqualTo(nearest * (1 + 1e-6) + 1e-12);
  }

  /** The example of docs/methods.md: two inputs that are nearly the same. */
  @Test
  void theExample() {
    double[] moment = {1, 0.9, 0.9, 1};
    double[] weights = {0.4, 0.4};
    Grid integers = (row, value) -> Math.rint(value);

    double[] rounded = {0, 0};
    double loss =
        new Descent(moment, 2).run(weights, 0, new boolean[] {true, true}, integers, 0, rounded);

    assertThat(rounded).containsExactly(1, 0);
    assertThat(loss).isCloseTo(0.088, within(1e-12));
    double nearest = 0.4 * 0.4 * (1 + 0.9 + 0.9 + 1);
    assertThat(nearest).isCloseTo(0.608, within(1e-12));
  }

  @Test
  void levelsOfOneBitMoreNeverLoseMuch() {
    Tensor tensor = gaussian(1);
    LayerProblem problem = problem(tensor, 1);
    double last = Double.POSITIVE_INFINITY;
    for (int bits = 2; bits <= 8; bits++) {
      Map<String, QuantParams> initial = Map.of("w", params(tensor, Scheme.SYMMETRIC, bits, 0));
      double loss = loss(problem, solve(new Reconstruction(initial), problem, 1));
      assertThat(loss).as("%d bits", bits).isLessThan(last);
      last = loss;
    }
  }
}
