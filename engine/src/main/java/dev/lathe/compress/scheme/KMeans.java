package dev.lathe.compress.scheme;

import java.util.Arrays;
import java.util.Random;

/**
 * Codebooks of one-dimensional k-means (Lloyd), as Han, Mao and Dally, Deep Compression, 2016,
 * share weights. Clusters of sorted values are ranges.
 */
final class KMeans {

  /** Where the centers start. */
  enum Start {
    /** Evenly from the smallest to the largest value. */
    LINEAR("linear"),
    /** At evenly spaced ranks of the values. */
    DENSITY("density"),
    /** Drawn by squared distance from those drawn before (Arthur and Vassilvitskii, 2007). */
    PLUS_PLUS("kmeans++");

    final String title;

    Start(String title) {
      this.title = title;
    }
  }

  private static final int MOST_ITERATIONS = 1000;

  private final float[] values;
  private final double[] centers;
  private final int[] ends;

  /** Index of the center that stays at 0, or -1. */
  private int zero;

  private KMeans(float[] sorted, int k, boolean zero) {
    this.values = sorted;
    this.centers = new double[k];
    this.ends = new int[k];
    this.zero = zero ? 0 : -1;
  }

  /**
   * At most {@code k} values in ascending order, among them 0 when one of the values is: all of
   * them when there are no more, else the centers.
   */
  static float[] codebook(float[] values, int k, Start start, long seed) {
    float[] sorted = new float[values.length];
    boolean zero = false;
    for (int i = 0; i < values.length; i++) {
      sorted[i] = values[i] + 0f;
      zero |= values[i] == 0;
    }
    Arrays.sort(sorted);
    float[] distinct = distinct(sorted);
    if (distinct.length <= k) {
      return distinct;
    }
    KMeans clusters = new KMeans(sorted, k, zero);
    clusters.start(start, new Random(seed));
    clusters.iterate();
    float[] centers = new float[k];
    for (int i = 0; i < k; i++) {
      centers[i] = (float) clusters.centers[i];
    }
    return distinct(centers);
  }

  /** Index of the entry of an ascending codebook nearest to a value; the lower of equally near. */
  static int nearest(float[] book, double value) {
    int low = 0;
    int high = book.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (book[middle + 1] - value < value - book[middle]) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static float[] distinct(float[] sorted) {
    float[] distinct = new float[sorted.length];
    int count = 0;
    for (float value : sorted) {
      if (count == 0 || distinct[count - 1] != value) {
        distinct[count++] = value;
      }
    }
    return Arrays.copyOf(distinct, count);
  }

  private void start(Start start, Random random) {
    int first = zero + 1;
    int free = centers.length - first;
    double min = values[0];
    double span = values[values.length - 1] - min;
    for (int i = 0; i < free && start != Start.PLUS_PLUS; i++) {
      centers[first + i] =
          start == Start.LINEAR
              ? min + span * (free == 1 ? 0.5 : (double) i / (free - 1))
              : values[(int) ((i + 0.5) * values.length / free)];
    }
    if (start == Start.PLUS_PLUS) {
      drawCenters(random);
    }
    sortCenters();
  }

  private void sortCenters() {
    Arrays.sort(centers);
    for (int i = centers.length - 1; i >= 0 && zero >= 0; i--) {
      zero = centers[i] == 0 ? i : zero;
    }
  }

  private void drawCenters(Random random) {
    double[] distances = new double[values.length];
    Arrays.fill(distances, Double.POSITIVE_INFINITY);
    for (int i = 0; i < centers.length; i++) {
      if (i != zero) {
        centers[i] = i == 0 ? values[random.nextInt(values.length)] : draw(distances, random);
      }
      for (int at = 0; at < values.length; at++) {
        double apart = values[at] - centers[i];
        distances[at] = Math.min(distances[at], apart * apart);
      }
    }
  }

  private double draw(double[] distances, Random random) {
    double total = 0;
    for (double distance : distances) {
      total += distance;
    }
    double left = random.nextDouble() * total;
    int last = 0;
    for (int i = 0; i < distances.length; i++) {
      if (distances[i] > 0) {
        last = i;
        left -= distances[i];
        if (left < 0) {
          break;
        }
      }
    }
    return values[last];
  }

  /** Assigns and averages until nothing changes, filling clusters that became empty. */
  private void iterate() {
    for (int iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
      boolean changed = assign();
      changed |= fillEmpty();
      if (!changed && iteration > 0) {
        return;
      }
      for (int i = 0; i < centers.length; i++) {
        int from = i == 0 ? 0 : ends[i - 1];
        if (ends[i] > from && i != zero) {
          centers[i] = mean(from, ends[i]);
        }
      }
    }
  }

  private double mean(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += values[i];
    }
    return sum / (to - from);
  }

  /** Cuts the values in the middle between neighboring centers. */
  private boolean assign() {
    boolean changed = false;
    for (int i = 0; i < centers.length; i++) {
      int end =
          i == centers.length - 1
              ? values.length
              : firstAbove((centers[i] + centers[i + 1]) / 2, i == 0 ? 0 : ends[i - 1]);
      changed |= ends[i] != end;
      ends[i] = end;
    }
    return changed;
  }

  private int firstAbove(double bound, int from) {
    int low = from;
    int high = values.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (values[middle] <= bound) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Moves the first empty center to the value farthest from its own. */
  private boolean fillEmpty() {
    int empty = -1;
    double farthest = 0;
    double worst = 0;
    for (int i = 0; i < centers.length; i++) {
      int from = i == 0 ? 0 : ends[i - 1];
      if (from == ends[i]) {
        empty = empty < 0 && i != zero ? i : empty;
        continue;
      }
      for (int at : new int[] {from, ends[i] - 1}) {
        double distance = Math.abs(values[at] - centers[i]);
        if (distance > farthest) {
          farthest = distance;
          worst = values[at];
        }
      }
    }
    if (empty < 0 || farthest == 0) {
      return false;
    }
    centers[empty] = worst;
    sortCenters();
    assign();
    return true;
  }
}
