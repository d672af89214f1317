package dev.lathe.compress.share;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Vectors that differ by no more than a share of the longer one, replaced by their mean. Vectors
 * with zeros at different places are never alike. In the result no two are alike, so merging it
 * again changes nothing.
 */
final class NearDuplicates {

  /**
   * Merged vectors.
   *
   * @param of for every vector the index of the mean that replaces it
   */
  @SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
  record Merged(int[] of, float[][] means) {}

  /** Vectors merged so far and their mean. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Cluster(float[] mean, double norm, List<Integer> members) {

    static Cluster of(float[] mean, List<Integer> members) {
      double squares = 0;
      for (float value : mean) {
        squares += (double) value * value;
      }
      return new Cluster(mean, Math.sqrt(squares), members);
    }

    Cluster plus(Cluster other) {
      int all = members.size() + other.members.size();
      float[] both = new float[mean.length];
      for (int i = 0; i < both.length; i++) {
        double sum =
            (double) mean[i] * members.size() + (double) other.mean[i] * other.members.size();
        both[i] = mean[i] == other.mean[i] ? mean[i] : (float) (sum / all);
      }
      List<Integer> joined = new ArrayList<>(members);
      joined.addAll(other.members);
      return of(both, joined);
    }
  }

  private NearDuplicates() {}

  /**
   * Merges vectors of one length.
   *
   * @param tolerance largest distance of two that are merged, in norms of the longer one; 0 for
   *     equal ones alone
   */
  static Merged merge(float[][] vectors, double tolerance) {
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < vectors.length; i++) {
      clusters.add(Cluster.of(vectors[i], List.of(i)));
    }
    int before;
    do {
      before = clusters.size();
      clusters = pass(clusters, tolerance);
    } while (clusters.size() < before);
    clusters.sort(Comparator.comparingInt(cluster -> Collections.min(cluster.members)));
    int[] of = new int[vectors.length];
    for (int i = 0; i < clusters.size(); i++) {
      for (int member : clusters.get(i).members) {
        of[member] = i;
      }
    }
    return new Merged(of, clusters.stream().map(Cluster::mean).toArray(float[][]::new));
  }

  /** Joins each vector, shortest first, to the nearest of those before it that it is like. */
  private static List<Cluster> pass(List<Cluster> clusters, double tolerance) {
    List<Cluster> sorted = new ArrayList<>(clusters);
    sorted.sort(Comparator.comparingDouble(Cluster::norm));
    List<Cluster> kept = new ArrayList<>();
    for (Cluster cluster : sorted) {
      int nearest = -1;
      double least = tolerance * cluster.norm;
      for (int i = kept.size() - 1; i >= 0; i--) {
        Cluster other = kept.get(i);
        if (Math.abs(cluster.norm - other.norm) <= least) {
          double distance = distance(cluster.mean, other.mean, least);
          if (distance < least || (distance == least && nearest < 0)) {
            nearest = i;
            least = distance;
          }
        }
      }
      if (nearest < 0) {
        kept.add(cluster);
      } else {
        kept.set(nearest, kept.get(nearest).plus(cluster));
      }
    }
    return kept;
  }

  /** The distance, or infinity when it is above a bound or the zeros differ. */
  private static double distance(float[] a, float[] b, double bound) {
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      double apart = (double) a[i] - b[i];
      squares += apart * apart;
      if ((a[i] == 0) != (b[i] == 0) || squares > bound * bound * (1 + 1e-12)) {
        return Double.POSITIVE_INFINITY;
      }
    }
    return Math.sqrt(squares);
  }
}
