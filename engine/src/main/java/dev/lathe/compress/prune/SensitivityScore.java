package dev.lathe.compress.prune;

import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.parallel.Workers;

/**
 * The mean over the group of {@code w^2 E[x^2]}: the energy its weights bring to the output (the
 * square of the score of Sun et al., <i>Wanda</i>, 2023).
 */
record SensitivityScore() implements ObservedScore {

  @Override
  public String name() {
    return "sensitivity";
  }

  @Override
  public double[] of(Weight weight, Partition groups, Moments moments, Workers workers) {
    double[] matrix = WeightMatrix.of(weight);
    Members members = new Members(weight.view(), groups);
    double[] scores = new double[members.groups()];
    int k = moments.k();
    for (int group = 0; group < scores.length; group++) {
      for (int place = members.start(group); place < members.start(group + 1); place++) {
        int at = members.element(place);
        double energy = moments.second(at / k / weight.view().n())[at % k * (k + 1)];
        scores[group] += matrix[at] * matrix[at] * energy / members.size(group);
      }
    }
    return scores;
  }
}
