package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import org.jspecify.annotations.Nullable;

/**
 * First and second moments of the vectors x that a weight is multiplied with, one set per matrix of
 * the weight; index {@code tap * channels + channel}, as in {@link WeightView}.
 *
 * <p>When the network before the product was changed, x is what the product reads now; of the drift
 * d = x before - x now it is kept what it means for the output of each filter w, {@code w d}.
 */
public final class Moments {

  /** Rows that are added in float before they are added to the sums in double. */
  static final int CHUNK = 64;

  private static final int UNROLL = 4;

  private final int k;
  private final int n;
  private final double[][] second;
  private final double[][] mean;
  private final double @Nullable [][] drift;
  private final double @Nullable [][] meanDrift;
  private final float @Nullable [] filters;
  private final long[] rows;

  /**
   * No vectors yet.
   *
   * @param filters the weight, {@code [rows][k]}, when the drift is asked for
   */
  Moments(WeightView view, double @Nullable [] filters) {
    int batches = view.batches();
    boolean drifts = filters != null;
    this.k = view.k();
    this.n = view.n();
    this.filters = filters == null ? null : byInput(filters, view);
    this.second = new double[batches][k * k];
    this.mean = new double[batches][k];
    this.drift = drifts ? new double[batches][n * k] : null;
    this.meanDrift = drifts ? new double[batches][n] : null;
    this.rows = new long[batches];
  }

  /** Matrix by matrix, {@code [k][n]}. */
  private static float[] byInput(double[] filters, WeightView view) {
    int k = view.k();
    float[] result = new float[filters.length];
    for (int row = 0; row < view.rows(); row++) {
      int from = row / view.n() * view.n() * k + row % view.n();
      for (int j = 0; j < k; j++) {
        result[from + j * view.n()] = (float) filters[row * k + j];
      }
    }
    return result;
  }

  /** Memory the moments of a weight take. */
  static long bytes(WeightView view, boolean drifts) {
    double square = (double) view.k() * view.k();
    double bytes =
        Double.BYTES * (square * view.batches() + (drifts ? (double) view.elements() : 0));
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

  /** {@code E[(w d) x^T]} for every filter, n x k, or null when nothing drifted. */
  public double @Nullable [] drift(int batch) {
    return drift == null ? null : drift[batch];
  }

  /** {@code E[(w d - E[w d]) (x - E[x])^T]}, or null when nothing drifted. */
  public double @Nullable [] centeredDrift(int batch) {
    return drift == null || meanDrift == null
        ? null
        : centered(drift[batch], meanDrift[batch], mean[batch]);
  }

  /** {@code E[w d]} for every filter, or null when nothing drifted. */
  public double @Nullable [] meanDrift(int batch) {
    return meanDrift == null ? null : meanDrift[batch];
  }

  private double[] centered(double[] moment, double[] left, double[] right) {
    double[] result = moment.clone();
    for (int i = 0; i < left.length; i++) {
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
    addMeans(mean[batch], now, k, count);
    float[] pulls = null;
    if (before != null && filters != null && meanDrift != null) {
      pulls = new float[count * n];
      pull(filters, batch, count, now, before, pulls);
      addMeans(meanDrift[batch], pulls, n, count);
    }
    float[] drifted = pulls;
    if (k < CHUNK || workers.size() == 1) {
      addProducts(batch, count, now, drifted, 0, 1);
    } else {
      workers.run(
          (worker, barrier) -> addProducts(batch, count, now, drifted, worker, workers.size()));
    }
  }

  /** {@code w d} of every filter, by vector. */
  private void pull(
      float[] weights, int batch, int count, float[] now, float[] before, float[] pulls) {
    for (int r = 0; r < count; r++) {
      for (int j = 0; j < k; j++) {
        float d = before[r * k + j] - now[r * k + j];
        int from = (batch * k + j) * n;
        for (int i = 0; d != 0 && i < n; i++) {
          pulls[r * n + i] += d * weights[from + i];
        }
      }
    }
  }

  private static void addMeans(double[] sums, float[] vectors, int width, int count) {
    for (int r = 0; r < count; r++) {
      for (int j = 0; j < width; j++) {
        sums[j] += vectors[r * width + j];
      }
    }
  }

  private void addProducts(
      int batch, int count, float[] now, float @Nullable [] pulls, int first, int step) {
    float[] sums = new float[k];
    for (int i = first; i < k; i += step) {
      addRow(second[batch], i, i + 1, now, k, now, count, sums);
    }
    for (int i = first; pulls != null && drift != null && i < n; i += step) {
      addRow(drift[batch], i, k, pulls, n, now, count, sums);
    }
  }

  /** Row i of {@code sum over r of left_r right_r^T}, the first {@code width} columns. */
  private void addRow(
      double[] into,
      int i,
      int width,
      float[] left,
      int stride,
      float[] right,
      int count,
      float[] sums) {
    java.util.Arrays.fill(sums, 0, width, 0);
    int r = 0;
    for (; r + UNROLL <= count; r += UNROLL) {
      int at = r * k;
      float a = left[r * stride + i];
      float b = left[(r + 1) * stride + i];
      float c = left[(r + 2) * stride + i];
      float d = left[(r + 3) * stride + i];
      if (a != 0 || b != 0 || c != 0 || d != 0) {
        axpy4(sums, width, right, at, a, b, c, d);
      }
    }
    for (; r < count; r++) {
      float a = left[r * stride + i];
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
