package dev.lathe.compress.prune;

import dev.lathe.compress.recover.InverseFactor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Removes input channels of products one by one, each time the one whose loss, after the best
 * update of the weights that are left, is least: the optimal brain surgeon (Hassibi and Stork,
 * 1993) for blocks of weights, as in Frantar and Alistarh, <i>Optimal Brain Compression</i>, 2022.
 *
 * <p>With C the inputs of a channel, H the second moment of the inputs and w the filters, the loss
 * is {@code sum of w_C (H^-1_CC)^-1 w_C^T}, relative to {@code sum of w H w^T}; losses of the
 * products that read the channel add up. Then {@code w -= w_C (H^-1_CC)^-1 H^-1_C} and the like for
 * H^-1.
 */
final class Elimination {

  /** One matrix that reads the channels. */
  private static final class Product {
    final int k;
    final int rows;
    final double[] weights;
    final double[] inverse;
    final double energy;
    final int[][] inputs;
    final List<double[]> snapshots = new ArrayList<>();

    Product(int k, double[] weights, double[] moment, int[][] inputs) {
      this.k = k;
      this.rows = weights.length / k;
      this.weights = weights;
      this.inputs = inputs;
      this.energy = energy(weights, moment, k);
      this.inverse = inverse(moment, k);
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

    private static double[] inverse(double[] moment, int k) {
      double[] factor =
          InverseFactor.of(moment, InverseFactor.naturalOrder(k), InverseFactor.DAMPING).factor();
      double[] inverse = new double[k * k];
      for (int i = 0; i < k; i++) {
        for (int row = i; row < k; row++) {
          double a = factor[i * k + row];
          for (int j = i; a != 0 && j < k; j++) {
            inverse[row * k + j] += a * factor[i * k + j];
          }
        }
      }
      return inverse;
    }

    /** {@code (H^-1_CC)^-1} of a channel. */
    double[] block(int channel) {
      int[] at = inputs[channel];
      double[] block = new double[at.length * at.length];
      for (int i = 0; i < at.length; i++) {
        for (int j = 0; j < at.length; j++) {
          block[i * at.length + j] = inverse[at[i] * k + at[j]];
        }
      }
      return SymmetricInverse.of(block, at.length);
    }

    double loss(int channel) {
      int[] at = inputs[channel];
      if (at.length == 0 || energy <= 0) {
        return 0;
      }
      double[] block = block(channel);
      double loss = 0;
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < at.length; i++) {
          double sum = 0;
          for (int j = 0; j < at.length; j++) {
            sum += block[i * at.length + j] * weights[row * k + at[j]];
          }
          loss += weights[row * k + at[i]] * sum;
        }
      }
      return loss / energy;
    }

    void remove(int channel) {
      int[] at = inputs[channel];
      int t = at.length;
      if (t == 0) {
        return;
      }
      double[] block = block(channel);
      // block * H^-1_C, t x k
      double[] step = new double[t * k];
      for (int i = 0; i < t; i++) {
        for (int m = 0; m < t; m++) {
          double a = block[i * t + m];
          for (int j = 0; j < k; j++) {
            step[i * k + j] += a * inverse[at[m] * k + j];
          }
        }
      }
      update(at, step);
      double[] columns = new double[k * t];
      for (int row = 0; row < k; row++) {
        for (int i = 0; i < t; i++) {
          columns[row * t + i] = inverse[row * k + at[i]];
        }
      }
      for (int row = 0; row < k; row++) {
        for (int i = 0; i < t; i++) {
          double a = columns[row * t + i];
          for (int j = 0; a != 0 && j < k; j++) {
            inverse[row * k + j] -= a * step[i * k + j];
          }
        }
      }
      for (int input : at) {
        Arrays.fill(inverse, input * k, (input + 1) * k, 0);
        for (int row = 0; row < k; row++) {
          inverse[row * k + input] = 0;
        }
        inverse[input * k + input] = 1;
        for (int row = 0; row < rows; row++) {
          weights[row * k + input] = 0;
        }
      }
    }

    /** {@code w -= w_C * step}, for every filter. */
    private void update(int[] at, double[] step) {
      double[] own = new double[at.length];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < at.length; i++) {
          own[i] = weights[row * k + at[i]];
        }
        for (int i = 0; i < at.length; i++) {
          for (int j = 0; own[i] != 0 && j < k; j++) {
            weights[row * k + j] -= own[i] * step[i * k + j];
          }
        }
      }
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
    products.add(new Product(k, weights, moment, inputs));
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
      products.forEach(product -> product.remove(chosen));
      if (levels.contains(order.size())) {
        products.forEach(product -> product.snapshots.add(product.weights.clone()));
      }
    }
    return order;
  }

  /** The filters of a matrix, by the order they were added, at a level of the run. */
  double[] weights(int product, int level) {
    return products.get(product).snapshots.get(level);
  }
}
