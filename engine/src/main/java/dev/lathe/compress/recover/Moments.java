package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import org.jspecify.annotations.Nullable;

/**
 * First and second moments of the vectors x that a weight is multiplied with, one set per matrix of
 * the weight; index {@code tap * channels + channel}, as in {@link WeightView}.
 *
 * <p>When the network before the product was changed, x is what the product reads now, and the
 * drift d = x before - x now has its moments, too.
 */
public final class Moments {

  /** Rows that are added in float before they are added to the sums in double. */
  static final int CHUNK = 64;

  private static final int UNROLL = 4;

  private final int k;
  private final double[][] second;
  private final double[][] mean;
  private final double @Nullable [][] drift;
  private final double @Nullable [][] meanDrift;
  private final long[] rows;

  Moments(WeightView view, boolean drifts) {
    int batches = view.batches();
    this.k = view.k();
    this.second = new double[batches][k * k];
    this.mean = new double[batches][k];
    this.drift = drifts ? new double[batches][k * k] : null;
    this.meanDrift = drifts ? new double[batches][k] : null;
    this.rows = new long[batches];
  }

  /** Memory the moments of a weight take. */
  static long bytes(WeightView view, boolean drifts) {
    double square = (double) view.k() * view.k();
    double bytes = (drifts ? 2 : 1) * Double.BYTES * square * view.batches();
    return square > Integer.MAX_VALUE - 8 ? Long.MAX_VALUE : (long) bytes;
  }

  /** Numbers in a vector. */
  public int k() {
    return k;
  }

  /** Vectors that were seen. */
  public long rows() {
    return rows[0];
  }

  /** {@code E[x x^T]} of a matrix, k x k, symmetric; not a copy. */
  public double[] second(int batch) {
    return second[batch];
  }

  /** {@code E[x]}; not a copy. */
  public double[] mean(int batch) {
    return mean[batch];
  }

  /** {@code E[(x - E[x]) (x - E[x])^T]}: what matters when a bias takes up the mean. */
  public double[] covariance(int batch) {
    return centered(second[batch], mean[batch], mean[batch]);
  }

  /** {@code E[d x^T]}, k x k, or null when nothing drifted. */
  public double @Nullable [] drift(int batch) {
    return drift == null ? null : drift[batch];
  }

  /** {@code E[(d - E[d]) (x - E[x])^T]}, or null when nothing drifted. */
  public double @Nullable [] centeredDrift(int batch) {
    return drift == null || meanDrift == null
        ? null
        : centered(drift[batch], meanDrift[batch], mean[batch]);
  }

  /** {@code E[d]}, or null when nothing drifted. */
  public double @Nullable [] meanDrift(int batch) {
    return meanDrift == null ? null : meanDrift[batch];
  }

  private double[] centered(double[] moment, double[] left, double[] right) {
    double[] result = moment.clone();
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        result[i * k + j] -= left[i] * right[j];
      }
    }
    return result;
  }

  /**
   * Adds vectors.
   *
   * @param count at most {@link #CHUNK}
   * @param now {@code count} vectors of k
   * @param before those of the network as it was, or null
   */
  void add(int batch, int count, float[] now, float @Nullable [] before, Workers workers) {
    rows[batch] += count;
    addMeans(mean[batch], now, count);
    float[] difference = null;
    if (before != null && drift != null && meanDrift != null) {
      difference = new float[count * k];
      for (int i = 0; i < difference.length; i++) {
        difference[i] = before[i] - now[i];
      }
      addMeans(meanDrift[batch], difference, count);
    }
    float[] drifted = difference;
    if (k < CHUNK || workers.size() == 1) {
      addProducts(batch, count, now, drifted, 0, 1);
    } else {
      workers.run(
          (worker, barrier) -> addProducts(batch, count, now, drifted, worker, workers.size()));
    }
  }

  private void addMeans(double[] sums, float[] vectors, int count) {
    for (int r = 0; r < count; r++) {
      for (int j = 0; j < k; j++) {
        sums[j] += vectors[r * k + j];
      }
    }
  }

  private void addProducts(
      int batch, int count, float[] now, float @Nullable [] drifted, int first, int step) {
    float[] sums = new float[k];
    for (int i = first; i < k; i += step) {
      addRow(second[batch], i, i + 1, now, now, count, sums);
      if (drifted != null && drift != null) {
        addRow(drift[batch], i, k, drifted, now, count, sums);
      }
    }
  }

  /** Row i of {@code sum over r of left_r right_r^T}, the first {@code width} columns. */
  private void addRow(
      double[] into, int i, int width, float[] left, float[] right, int count, float[] sums) {
    java.util.Arrays.fill(sums, 0, width, 0);
    int r = 0;
    for (; r + UNROLL <= count; r += UNROLL) {
      int at = r * k;
      float a = left[at + i];
      float b = left[at + k + i];
      float c = left[at + 2 * k + i];
      float d = left[at + 3 * k + i];
      if (a != 0 || b != 0 || c != 0 || d != 0) {
        axpy4(sums, width, right, at, a, b, c, d);
      }
    }
    for (; r < count; r++) {
      float a = left[r * k + i];
      for (int j = 0; j < width; j++) {
        sums[j] += a * right[r * k + j];
      }
    }
    for (int j = 0; j < width; j++) {
      into[i * k + j] += sums[j];
    }
  }

  private void axpy4(
      float[] sums, int width, float[] x, int at, float a, float b, float c, float d) {
    int second = at + k;
    int third = second + k;
    int fourth = third + k;
    for (int j = 0; j < width; j++) {
      sums[j] += a * x[at + j] + b * x[second + j] + (c * x[third + j] + d * x[fourth + j]);
    }
  }

  /** Divides the sums by the number of vectors and completes the symmetric half. */
  void finish() {
    for (int batch = 0; batch < rows.length; batch++) {
      double factor = rows[batch] == 0 ? 0 : 1.0 / rows[batch];
      scale(mean[batch], factor);
      scale(second[batch], factor);
      if (drift != null && meanDrift != null) {
        scale(drift[batch], factor);
        scale(meanDrift[batch], factor);
      }
      for (int i = 0; i < k; i++) {
        for (int j = i + 1; j < k; j++) {
          second[batch][i * k + j] = second[batch][j * k + i];
        }
      }
    }
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }
}
