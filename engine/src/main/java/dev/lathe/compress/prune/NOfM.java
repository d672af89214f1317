package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Keeps {@code n} of every {@code m} consecutive input channels of one filter and one tap, those of
 * the highest score; of the {@code r < m} channels at the end, {@code ceil(n * r / m)}.
 *
 * @param n 1 to m
 * @param m 1 to 64
 */
record NOfM(int n, int m) implements Granularity, Budget {

  private static final int MAX_M = 64;
  private static final Block SINGLE = new Block(1, 1);

  NOfM {
    if (n < 1 || n > m || m > MAX_M) {
      throw new UsageException(
          new Problem(
              "N:M keeps N of every M weights",
              "granularity " + n + ":" + m,
              "N is 1 to M, and M at most " + MAX_M,
              "use 2:4, for instance"));
    }
  }

  @Override
  public String name() {
    return n + ":" + m;
  }

  @Override
  public Partition partition(WeightView view) {
    return SINGLE.partition(view);
  }

  @Override
  public Budget budget() {
    return this;
  }

  @Override
  public String describe() {
    return "keeping " + n + " of " + m;
  }

  @Override
  public List<BitSet> choose(List<ScoredWeight> weights) {
    List<BitSet> masks = new ArrayList<>();
    for (ScoredWeight weight : weights) {
      BitSet mask = new BitSet();
      int channels = weight.view().channels();
      for (int row = 0; row < weight.scores().length; row += channels) {
        for (int c = 0; c < channels; c += m) {
          choose(weight.scores(), row + c, Math.min(m, channels - c), mask);
        }
      }
      masks.add(mask);
    }
    return masks;
  }

  private void choose(double[] scores, int from, int length, BitSet mask) {
    int zeroed = length - Math.ceilDiv(n * length, m);
    for (int i = from; i < from + length; i++) {
      int rank = 0;
      for (int j = from; j < from + length; j++) {
        rank += scores[j] < scores[i] || (scores[j] == scores[i] && j < i) ? 1 : 0;
      }
      mask.set(i, rank < zeroed);
    }
  }
}
