package dev.lathe.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutputReferenceTest {

  private static final double LN2 = Math.log(2);

  @Test
  void aNetworkAgreesWithItself() {
    Random random = new Random(1);
    float[] values = new float[6 * 5];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    List<Tensor> batches = List.of(Tensor.of(values, 6, 5), Tensor.of(values, 6, 5));

    Agreement agreement = agreement(batches, plus(0, 0, 0, 0, 0));

    assertThat(agreement.samples()).isEqualTo(12);
    assertThat(agreement.topOne().value()).isEqualTo(100);
    assertThat(agreement.topOne().low()).isEqualTo(100);
    assertThat(agreement.divergence().value()).isZero();
    assertThat(agreement.cosine().value()).isCloseTo(1, within(1e-12));
  }

  /** Logits [0, 0] against [ln 2, 0]: p = (1/2, 1/2), q = (2/3, 1/3). */
  @Test
  void divergenceOfLogitsIsThatOfTheirSoftmax() {
    Agreement agreement = agreement(List.of(Tensor.of(new float[2], 1, 2)), plus((float) LN2, 0));

    double expected = 0.5 * Math.log(0.75) + 0.5 * Math.log(1.5);
    assertThat(agreement.divergence().value()).isCloseTo(expected, within(1e-7));
    assertThat(agreement.topOne().value()).isEqualTo(100);
    assertThat(agreement.cosine().value()).isZero(); // of (0, 0) and another
  }

  @Test
  void probabilitiesAreTakenAsTheyAre() {
    Tensor half = Tensor.of(new float[] {0.5f, 0.5f}, 1, 2);

    Agreement agreement = agreement(List.of(half), plus(-0.25f, 0.25f));

    double expected = 0.5 * Math.log(2) + 0.5 * Math.log(0.5 / 0.75);
    assertThat(agreement.divergence().value()).isCloseTo(expected, within(1e-7));
    assertThat(agreement.topOne().value()).isZero();
  }

  @Test
  void constantShiftsOfLogitsChangeNothing() {
    Tensor logits = Tensor.of(new float[] {80, -70, 3, 1, 2, 900}, 2, 3);

    assertThat(agreement(List.of(logits), plus(50, 50, 50)).divergence().value())
        .isCloseTo(0, within(1e-4));
  }

  @Test
  void intervalsHoldTheMean() {
    Random random = new Random(3);
    float[] values = new float[40 * 3];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }

    Agreement agreement = agreement(List.of(Tensor.of(values, 40, 3)), plus(0.5f, 0, 0));

    assertThat(agreement.topOne().value()).isStrictlyBetween(50.0, 100.0);
    assertThat(agreement.topOne().contains(agreement.topOne().value())).isTrue();
    assertThat(agreement.topOne().low()).isLessThan(agreement.topOne().high());
    assertThat(agreement.divergence().low()).isPositive();
  }

  @Test
  void classesOfMapsLieAlongTheSecondAxis() {
    Tensor map = Tensor.of(new float[2 * 3 * 4 * 5], 2, 3, 4, 5);
    Tensor tokens = Tensor.of(new float[2 * 3 * 7], 2, 3, 7);
    Tensor scalarPerSample = Tensor.of(new float[2], 2, 1);

    assertThat(OutputReference.Layout.of(map, 2)).isEqualTo(new OutputReference.Layout(60, 3, 20));
    assertThat(OutputReference.Layout.of(tokens, 2))
        .isEqualTo(new OutputReference.Layout(21, 7, 1));
    assertThat(OutputReference.Layout.of(scalarPerSample, 2))
        .isEqualTo(new OutputReference.Layout(1, 1, 1));
    // Class 1 at the last place of sample 0 only.
    float[] changed = new float[2 * 60];
    changed[20 + 19] = 1;
    Distributions first =
        new Distributions(OutputReference.Layout.of(map, 2), map.toFloats(), changed, 0);
    Distributions second =
        new Distributions(OutputReference.Layout.of(map, 2), map.toFloats(), changed, 1);
    assertThat(first.sameClass()).isCloseTo(0.95, within(1e-12));
    assertThat(second.sameClass()).isEqualTo(1);
    assertThat(second.divergence()).isZero();
  }

  /** A single sample may lack the batch axis: all of its values count. */
  @Test
  void outputsWithoutABatchAxisAreComparedWhole() {
    Tensor one = Tensor.of(new float[] {3, 1, 2}, 1, 3);
    OutputReference reference =
        OutputReference.of(flat(0, 0, 0), CompressionContext.of(new GivenSamples(List.of(one))));
    Agreement agreement = reference.compare(flat(0, 4, 0), "changed");
    assertThat(agreement.topOne().value()).isZero();
    assertThat(agreement.divergence().value()).isPositive();

    Tensor rows = Tensor.of(new float[6], 3, 2);
    assertThat(OutputReference.Layout.of(rows, 1)).isEqualTo(new OutputReference.Layout(6, 2, 1));
    Tensor maps = Tensor.of(new float[5 * 3 * 2 * 2], 5, 3, 2, 2);
    OutputReference.Layout layout = OutputReference.Layout.of(maps, 1);
    assertThat(layout).isEqualTo(new OutputReference.Layout(60, 3, 4));
    // Class 2 at the last place of the last map only.
    float[] changed = new float[60];
    changed[59] = 1;
    assertThat(new Distributions(layout, new float[60], changed, 0).sameClass())
        .isCloseTo(0.95, within(1e-12));
  }

  /** The softmax of one value is 1, whatever it is: such an output would always agree. */
  @Test
  void oneValuePerSampleIsNoDistribution() {
    CompressionContext context =
        CompressionContext.of(new GivenSamples(List.of(Tensor.of(new float[4], 4, 1))));
    assertThatThrownBy(() -> OutputReference.of(identity(), context))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("two values per sample");
  }

  @Test
  void answersThatAreNoNumbersAreRefused() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      CompressionContext context =
          CompressionContext.of(
              new GivenSamples(List.of(Tensor.of(new float[] {0, 1, 2, bad}, 2, 2))));
      assertThatThrownBy(() -> OutputReference.of(identity(), context))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("the original answers " + bad);
    }
  }

  @Test
  void nothingIsComparedWithoutSamplesOrOutputsOrMemory() {
    assertThatThrownBy(() -> OutputReference.of(identity(), CompressionContext.none()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("none are made up");
    List<Tensor> batch = List.of(Tensor.of(new float[200], 100, 2));
    CompressionContext small =
        new CompressionContext(new GivenSamples(batch), RunOptions.standard(), 100, Progress.NONE);
    assertThatThrownBy(() -> OutputReference.of(identity(), small))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--max-memory");
    Network classes =
        network(
            new Node("n", "", "ArgMax", List.of("x"), List.of("y"), Map.of(), Map.of(), null),
            DType.INT64,
            Map.of());
    assertThatThrownBy(
            () -> OutputReference.of(classes, CompressionContext.of(new GivenSamples(batch))))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("no output to compare");
  }

  private static Agreement agreement(List<Tensor> batches, Network changed) {
    return OutputReference.of(identity(), CompressionContext.of(new GivenSamples(batches)))
        .compare(changed, "changed");
  }

  private static Network identity() {
    return network(
        Node.of("n", "", "Identity", List.of("x"), List.of("y"), Map.of()),
        DType.FLOAT32,
        Map.of());
  }

  private static Network plus(float... shift) {
    return network(
        Node.of("n", "", "Add", List.of("x", "s"), List.of("y"), Map.of()),
        DType.FLOAT32,
        Map.of("s", Tensor.of(shift, shift.length)));
  }

  /** {@code x + shift} without its batch axis. */
  private static Network flat(float... shift) {
    Map<String, Tensor> constants =
        Map.of(
            "s", Tensor.of(shift, shift.length), "shape", Tensor.of(new long[] {shift.length}, 1));
    return network(
        List.of(
            Node.of("add", "", "Add", List.of("x", "s"), List.of("z"), Map.of()),
            Node.of("n", "", "Reshape", List.of("z", "shape"), List.of("y"), Map.of())),
        DType.FLOAT32,
        constants);
  }

  private static Network network(Node node, DType output, Map<String, Tensor> constants) {
    return network(List.of(node), output, constants);
  }

  private static Network network(List<Node> nodes, DType output, Map<String, Tensor> constants) {
    Graph graph =
        new Graph(
            "g",
            List.of(new ValueInfo("x", DType.FLOAT32, null, null)),
            List.of(new ValueInfo("y", output, null, null)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }
}
