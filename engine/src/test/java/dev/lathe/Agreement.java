package dev.lathe;

import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/** What Lathe and ONNX Runtime made of the same samples, added up. */
final class Agreement {

  private int samples;
  private int sameClass;
  private int right;
  private int peerRight;
  private long elements;
  private long exact;
  private long withinTolerance;
  private double largest;

  /**
   * Adds the first {@code labels.size()} rows of two results.
   *
   * @param tolerance a difference that still counts as near
   */
  void add(Tensor own, Tensor peer, List<Integer> labels, double tolerance) {
    float[] lhs = own.toFloats();
    float[] rhs = peer.toFloats();
    if (!own.shape().equals(peer.shape())) {
      throw new AssertionError(own + " against " + peer);
    }
    int classes = lhs.length / Math.toIntExact(own.shape().dim(0));
    for (int i = 0; i < labels.size(); i++) {
      int ownClass = argMax(lhs, i * classes, classes);
      int peerClass = argMax(rhs, i * classes, classes);
      samples++;
      sameClass += ownClass == peerClass ? 1 : 0;
      right += ownClass == labels.get(i) ? 1 : 0;
      peerRight += peerClass == labels.get(i) ? 1 : 0;
      for (int at = i * classes; at < (i + 1) * classes; at++) {
        // Written so that NaN counts as apart.
        double difference = Math.abs((double) lhs[at] - rhs[at]);
        withinTolerance += difference <= tolerance ? 1 : 0;
        exact += lhs[at] == rhs[at] ? 1 : 0;
        largest = Math.max(largest, difference);
        elements++;
      }
    }
  }

  private static int argMax(float[] scores, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      best = scores[from + i] > scores[from + best] ? i : best;
    }
    return best;
  }

  int samples() {
    return samples;
  }

  /** Share of samples to which both give the same class. */
  double sameClass() {
    return (double) sameClass / samples;
  }

  /** Share of outputs that differ by no more than the tolerance. */
  double near() {
    return (double) withinTolerance / elements;
  }

  double largestDifference() {
    return largest;
  }

  /** Top-1 of Lathe in per cent. */
  double top1() {
    return 100.0 * right / samples;
  }

  double peerTop1() {
    return 100.0 * peerRight / samples;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d samples: same class %.3f %%, top-1 %.2f against %.2f; of %d outputs %.3f %% exact,"
            + " %.3f %% near, largest difference %.3g",
        samples,
        100 * sameClass(),
        top1(),
        peerTop1(),
        elements,
        100.0 * exact / elements,
        100 * near(),
        largest);
  }
}
