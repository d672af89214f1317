package dev.lathe.compress.prune;

import dev.lathe.compress.recover.InverseFactor;
import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import java.util.Arrays;

/**
 * The mean square by which the output changes when a group goes and all other weights of the same
 * filters make up for it, over the group's size: {@code w_B ([H^-1]_BB)^-1 w_B^T} (Hassibi and
 * Stork, <i>Optimal Brain Surgeon</i>, 1993; blocks as in Frantar and Alistarh, <i>Optimal Brain
 * Compression</i>, 2022), added up over the filters of the group. What is left is then fitted.
 */
record ObsScore() implements ObservedScore {

  @Override
  public String name() {
    return "obs";
  }

  @Override
  public boolean fits() {
    return true;
  }

  @Override
  public double[] of(Weight weight, Partition groups, Moments moments) {
    double[] matrix = WeightMatrix.of(weight);
    Members members = new Members(weight.view(), groups);
    double[] scores = new double[members.groups()];
    int k = moments.k();
    int inMatrix = weight.view().n() * k;
    int known = -1;
    double[] inverse = new double[0];
    for (int group = 0; group < scores.length; group++) {
      int end = members.start(group + 1);
      for (int place = members.start(group); place < end; ) {
        int first = members.element(place);
        int row = first / k;
        int size = 1;
        while (place + size < end && members.element(place + size) / k == row) {
          size++;
        }
        if (known != first / inMatrix) {
          known = first / inMatrix;
          inverse =
              InverseFactor.of(
                      moments.second(known), InverseFactor.naturalOrder(k), InverseFactor.DAMPING)
                  .inverse();
        }
        int[] columns = new int[size];
        for (int i = 0; i < size; i++) {
          columns[i] = members.element(place + i) % k;
        }
        scores[group] += loss(matrix, row * k, columns, inverse, k) / members.size(group);
        place += size;
      }
    }
    return scores;
  }

  private static double loss(double[] matrix, int from, int[] columns, double[] inverse, int k) {
    int size = columns.length;
    double[] own = Arrays.stream(columns).mapToDouble(column -> matrix[from + column]).toArray();
    if (Arrays.stream(own).allMatch(w -> w == 0)) {
      return 0;
    }
    if (size == 1) {
      return own[0] * own[0] / inverse[columns[0] * (k + 1)];
    }
    double[] block = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        block[i * size + j] = inverse[columns[i] * k + columns[j]];
      }
    }
    double[] solved = InverseFactor.of(block, InverseFactor.naturalOrder(size), 0).solve(own);
    double loss = 0;
    for (int i = 0; i < size; i++) {
      loss += own[i] * solved[i];
    }
    return Math.max(loss, Double.MIN_NORMAL);
  }
}
