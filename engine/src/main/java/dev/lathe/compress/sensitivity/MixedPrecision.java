package dev.lathe.compress.sensitivity;

import dev.lathe.compress.Agreement;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Candidates per layer under a budget. From the largest candidate everywhere on, each step gives
 * one layer a smaller candidate: the one that adds least to the sum of the layers' divergences per
 * byte it saves (the greedy rule for the multiple-choice knapsack). The order of the steps depends
 * on the numbers alone; of equal ones the first layer goes.
 */
public final class MixedPrecision {

  /**
   * A choice.
   *
   * @param candidates index of the candidate of each layer
   * @param bytes of all codes
   * @param bits per weight, parameters included
   */
  public record Choice(List<Integer> candidates, long bytes, double bits) {}

  /** A choice with what it costs when all layers have it together. */
  public record Measured(Choice choice, Agreement agreement) {}

  private final List<LayerSensitivity> layers;

  public MixedPrecision(List<LayerSensitivity> layers) {
    this.layers = List.copyOf(layers);
  }

  /** All choices on the way from the largest to the smallest candidates. */
  public List<Choice> path() {
    List<Integer> current = new ArrayList<>();
    layers.forEach(layer -> current.add(largest(layer)));
    List<Choice> path = new ArrayList<>();
    path.add(choice(current));
    while (step(current)) {
      path.add(choice(current));
    }
    return path;
  }

  private static int largest(LayerSensitivity layer) {
    int best = 0;
    for (int i = 1; i < layer.cells().size(); i++) {
      best = layer.cells().get(i).bytes() > layer.cells().get(best).bytes() ? i : best;
    }
    return best;
  }

  private boolean step(List<Integer> current) {
    double least = Double.POSITIVE_INFINITY;
    int layer = -1;
    int candidate = -1;
    for (int i = 0; i < layers.size(); i++) {
      List<LayerSensitivity.Cell> cells = layers.get(i).cells();
      LayerSensitivity.Cell now = cells.get(current.get(i));
      for (int c = 0; c < cells.size(); c++) {
        long saved = now.bytes() - cells.get(c).bytes();
        double price = (cells.get(c).divergence() - now.divergence()) / Math.max(1, saved);
        if (saved > 0 && price < least) {
          least = price;
          layer = i;
          candidate = c;
        }
      }
    }
    if (layer >= 0) {
      current.set(layer, candidate);
    }
    return layer >= 0;
  }

  private Choice choice(List<Integer> candidates) {
    long bytes = 0;
    long weights = 0;
    for (int i = 0; i < layers.size(); i++) {
      bytes += layers.get(i).cells().get(candidates.get(i)).bytes();
      weights += layers.get(i).parameters();
    }
    return new Choice(List.copyOf(candidates), bytes, 8.0 * bytes / weights);
  }

  /** One candidate for all layers. */
  public Choice uniform(int candidate) {
    return choice(Collections.nCopies(layers.size(), candidate));
  }

  /**
   * The first choice on the path of at most some bits per weight on average, measured jointly.
   *
   * @throws UsageException when even the smallest candidates take more
   */
  public Measured withinBits(double bits, Sensitivity sensitivity) {
    List<Choice> path = path();
    for (Choice choice : path) {
      if (choice.bits() <= bits) {
        return measured(choice, sensitivity);
      }
    }
    throw new UsageException(
        new Problem(
            "the budget can't be met",
            String.format(Locale.ROOT, "%s bits per weight", bits),
            String.format(
                Locale.ROOT,
                "the smallest candidates take %.2f, scales included",
                path.getLast().bits()),
            "raise the budget or add smaller candidates"));
  }

  /**
   * The smallest choice on the path whose joint divergence is within a budget, found by bisection:
   * the choices tried on the way are each measured jointly.
   *
   * @param nats most mean divergence
   * @throws ToleranceException when even the largest candidates diverge more
   */
  public Measured withinDivergence(double nats, Sensitivity sensitivity) {
    List<Choice> path = path();
    Measured best = measured(path.getFirst(), sensitivity);
    if (!(best.agreement.divergence().value() <= nats)) {
      throw new ToleranceException(
          new Problem(
              "the budget can't be met",
              String.format(Locale.ROOT, "divergence %s nats", nats),
              String.format(
                  Locale.ROOT,
                  "the largest candidates diverge by %.3g",
                  best.agreement.divergence().value()),
              "raise the budget or add larger candidates"));
    }
    int low = 0;
    int high = path.size();
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      Measured tried = measured(path.get(middle), sensitivity);
      if (tried.agreement.divergence().value() <= nats) {
        best = tried;
        low = middle;
      } else {
        high = middle;
      }
    }
    return best;
  }

  private static Measured measured(Choice choice, Sensitivity sensitivity) {
    return new Measured(choice, sensitivity.jointly(choice.candidates()));
  }
}
