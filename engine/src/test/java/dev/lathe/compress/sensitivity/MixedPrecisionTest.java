package dev.lathe.compress.sensitivity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.Agreement;
import dev.lathe.measure.Bootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Choices under a budget, from made-up sensitivities. */
class MixedPrecisionTest {

  private static final int[] BITS = {8, 4, 2};

  @Test
  void theLayerThatMindsLeastGoesFirst() {
    // The example of docs/methods.md: 1,000 weights each, divergences of 8, 4 and 2 bits.
    MixedPrecision precision =
        new MixedPrecision(List.of(layer(1000, 0, 0.1, 5), layer(1000, 0, 0.01, 0.05)));

    List<MixedPrecision.Choice> path = precision.path();

    assertThat(path)
        .extracting(MixedPrecision.Choice::candidates)
        .containsExactly(List.of(0, 0), List.of(0, 1), List.of(0, 2), List.of(1, 2), List.of(2, 2));
    assertThat(path)
        .extracting(MixedPrecision.Choice::bits)
        .containsExactly(8.0, 6.0, 5.0, 3.0, 2.0);
  }

  @Test
  void eachStepSavesBytesAndEndsAtTheSmallest() {
    for (long seed = 1; seed <= 50; seed++) {
      List<LayerSensitivity> layers = layers(new Random(seed), 6);
      List<MixedPrecision.Choice> path = new MixedPrecision(layers).path();

      for (int i = 1; i < path.size(); i++) {
        assertThat(path.get(i).bytes()).isLessThan(path.get(i - 1).bytes());
      }
      assertThat(path.getFirst().candidates()).containsOnly(0);
      assertThat(path.getLast().candidates()).containsOnly(2);
      assertThat(new MixedPrecision(layers).path()).isEqualTo(path);
    }
  }

  /** For layers of one size no set of choices of the same size diverges much less in sum. */
  @Test
  void choicesAreNearTheBestOfAll() {
    for (long seed = 1; seed <= 30; seed++) {
      Random random = new Random(seed);
      List<LayerSensitivity> layers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        double four = random.nextDouble();
        layers.add(layer(1000, 0, four, four * (4 + random.nextDouble() * 20)));
      }
      MixedPrecision precision = new MixedPrecision(layers);
      for (MixedPrecision.Choice choice : precision.path()) {
        double best = Double.POSITIVE_INFINITY;
        for (int code = 0; code < 729; code++) {
          List<Integer> other = new ArrayList<>();
          for (int i = 0, rest = code; i < 6; i++, rest /= 3) {
            other.add(rest % 3);
          }
          if (bytes(layers, other) <= choice.bytes()) {
            best = Math.min(best, divergence(layers, other));
          }
        }
        assertThat(divergence(layers, choice.candidates())).isLessThanOrEqualTo(best + 1e-9);
      }
    }
  }

  private static long bytes(List<LayerSensitivity> layers, List<Integer> choice) {
    long bytes = 0;
    for (int i = 0; i < layers.size(); i++) {
      bytes += layers.get(i).cells().get(choice.get(i)).bytes();
    }
    return bytes;
  }

  private static double divergence(List<LayerSensitivity> layers, List<Integer> choice) {
    double sum = 0;
    for (int i = 0; i < layers.size(); i++) {
      sum += layers.get(i).cells().get(choice.get(i)).divergence();
    }
    return sum;
  }

  private static List<LayerSensitivity> layers(Random random, int count) {
    List<LayerSensitivity> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      layers.add(
          layer(
              8L * (1 + random.nextInt(1000)),
              random.nextDouble(),
              random.nextDouble(),
              random.nextDouble()));
    }
    return layers;
  }

  private static LayerSensitivity layer(long parameters, double... divergences) {
    List<LayerSensitivity.Cell> cells = new ArrayList<>();
    for (int i = 0; i < BITS.length; i++) {
      double d = divergences[i];
      Bootstrap.Interval interval = new Bootstrap.Interval(d, d, d);
      cells.add(
          new LayerSensitivity.Cell(
              "int" + BITS[i],
              parameters * BITS[i] / 8,
              new Agreement(1, interval, interval, interval)));
    }
    return new LayerSensitivity(List.of("n"), "Conv", parameters, cells);
  }
}
