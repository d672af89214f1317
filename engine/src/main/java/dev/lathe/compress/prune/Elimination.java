package dev.lathe.compress.prune;

import dev.lathe.compress.recover.InverseFactor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Removes input channels of products one by one, each time the one whose loss is least: that of
 * {@link BlockElimination}, relative to {@code sum of w H w^T}, over the products that read the
 * channel.
 */
final class Elimination {

  /** One matrix that reads the channels. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Product(
      BlockElimination elimination, double energy, int[][] inputs, List<double[]> snapshots) {

    double loss(int channel) {
      return energy <= 0 ? 0 : elimination.loss(inputs[channel]) / energy;
    }
  }

  private final int channels;
  private final List<Product> products = new ArrayList<>();

  Elimination(int channels) {
    this.channels = channels;
  }

  /**
   * Adds a matrix that reads the channels.
   *
   * @param weights filters of k weights; changed
   * @param moment k x k
   * @param inputs of each channel
   */
  void add(int k, double[] weights, double[] moment, int[][] inputs) {
    double[] inverse =
        InverseFactor.of(moment, InverseFactor.naturalOrder(k), InverseFactor.DAMPING).inverse();
    products.add(
        new Product(
            new BlockElimination(k, weights, inverse),
            energy(weights, moment, k),
            inputs,
            new ArrayList<>()));
  }

  private static double energy(double[] weights, double[] moment, int k) {
    double energy = 0;
    for (int row = 0; row < weights.length; row += k) {
      for (int i = 0; i < k; i++) {
        double sum = 0;
        for (int j = 0; j < k; j++) {
          sum += moment[i * k + j] * weights[row + j];
        }
        energy += weights[row + i] * sum;
      }
    }
    return energy;
  }

  /**
   * The channels in the order they go, all of them.
   *
   * @param losses becomes the loss of each, in that order
   * @param levels how many are gone when {@link #weights} are kept, ascending
   */
  List<Integer> run(double[] losses, Collection<Integer> levels) {
    List<Integer> left = new ArrayList<>(IntStream.range(0, channels).boxed().toList());
    List<Integer> order = new ArrayList<>();
    while (!left.isEmpty()) {
      int best = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < left.size(); i++) {
        int channel = left.get(i);
        double loss = products.stream().mapToDouble(product -> product.loss(channel)).sum();
        if (best < 0 || loss < least) {
          best = i;
          least = loss;
        }
      }
      int chosen = left.get(best);
      left.subList(best, best + 1).clear();
      losses[order.size()] = least;
      order.add(chosen);
      products.forEach(product -> product.elimination.remove(product.inputs[chosen]));
      if (levels.contains(order.size())) {
        products.forEach(product -> product.snapshots.add(product.elimination.weights()));
      }
    }
    return order;
  }

  /** The filters of a matrix, by the order they were added, at a level of the run. */
  double[] weights(int product, int level) {
    return products.get(product).snapshots.get(level);
  }
}
