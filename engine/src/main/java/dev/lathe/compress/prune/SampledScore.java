package dev.lathe.compress.prune;

import dev.lathe.compress.weights.Weight;

/**
 * The mean magnitude of the weights in randomly drawn kernels, after the weights of the layer were
 * standardized to mean 0 and deviation 1. Of {@value #DRAWS} draws each takes half of the kernels;
 * a kernel that none takes counts as drawn once.
 */
record SampledScore(long seed) implements ImportanceScore {

  private static final int DRAWS = 16;

  @Override
  public String name() {
    return "sampled, seed " + seed;
  }

  @Override
  public double[] of(Weight weight, Partition groups) {
    double[] sums = new double[groups.count()];
    double[] draws = new double[groups.count()];
    boolean[] any = new boolean[groups.count()];
    double mean = mean(weight);
    long stream = RandomScore.mix(RandomScore.mix(seed) + weight.name().hashCode());
    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              long kernel = ((long) batch * weight.view().n() + row) * weight.view().channels();
              long bits = RandomScore.mix(stream + kernel + channel);
              int drawn = Math.max(1, Long.bitCount(bits & ((1 << DRAWS) - 1)));
              int group = groups.group(batch, row, tap, channel);
              double value = weight.tensor().real(index);
              any[group] |= value != 0;
              sums[group] += drawn * Math.abs(value - mean);
              draws[group] += drawn;
            });
    double deviation = deviation(weight, mean);
    for (int i = 0; i < sums.length; i++) {
      sums[i] = !any[i] ? 0 : Math.max(Double.MIN_NORMAL, sums[i] / draws[i] / deviation);
    }
    return sums;
  }

  private static double mean(Weight weight) {
    double sum = 0;
    for (int i = 0; i < weight.view().elements(); i++) {
      sum += weight.tensor().real(i);
    }
    return sum / weight.view().elements();
  }

  /** 1 when all weights are equal. */
  private static double deviation(Weight weight, double mean) {
    double sum = 0;
    for (int i = 0; i < weight.view().elements(); i++) {
      double distance = weight.tensor().real(i) - mean;
      sum += distance * distance;
    }
    return sum > 0 ? Math.sqrt(sum / weight.view().elements()) : 1;
  }
}
