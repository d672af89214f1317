package dev.lathe.compress.prune;

import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.parallel.Workers;
import java.util.BitSet;
import java.util.List;

/**
 * Takes groups away one by one, each time the one that adds least, per weight, to the mean square
 * by which the output has changed by then. A group's score is what it added, or the score of the
 * one that went before it from the same filters where that is more, so that the lowest scores are
 * the groups that go first.
 */
record GreedyScore() implements ObservedScore {

  @Override
  public String name() {
    return "greedy";
  }

  @Override
  public double[] of(Weight weight, Partition groups, Moments moments, Workers workers) {
    double[] matrix = WeightMatrix.of(weight);
    Members members = new Members(weight.view(), groups);
    double[] scores = new double[members.groups()];
    Band.forEach(
        Band.of(members, moments.k(), weight.view().rows()),
        workers,
        band -> new Going(matrix, members, band, moments, weight.view().n()).run(scores));
    return scores;
  }

  /** The groups of one band while they go. */
  private static final class Going {
    private final double[] matrix;
    private final Members members;
    private final List<Integer> groups;
    private final Moments moments;
    private final int k;
    private final int n;
    private final int firstRow;

    /** {@code H r} of every filter from the first, r being the weights that went. */
    private final double[] change;

    Going(double[] matrix, Members members, Band band, Moments moments, int n) {
      this.matrix = matrix;
      this.members = members;
      this.groups = band.groups();
      this.moments = moments;
      this.k = moments.k();
      this.n = n;
      this.firstRow = band.firstRow();
      this.change = new double[band.rows() * k];
    }

    void run(double[] scores) {
      double[] own = new double[groups.size()];
      BitSet left = new BitSet();
      for (int i = 0; i < own.length; i++) {
        own[i] = ownLoss(groups.get(i));
        left.set(i, !isZero(groups.get(i)));
      }
      double last = 0;
      while (!left.isEmpty()) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = left.nextSetBit(0); i >= 0; i = left.nextSetBit(i + 1)) {
          double loss = (own[i] + 2 * overlap(groups.get(i))) / members.size(groups.get(i));
          if (best < 0 || loss < least) {
            best = i;
            least = loss;
          }
        }
        left.clear(best);
        last = Math.max(Math.nextUp(last), Math.max(least, Double.MIN_NORMAL));
        scores[groups.get(best)] = last;
        remove(groups.get(best));
      }
    }

    private boolean isZero(int group) {
      for (int place = members.start(group); place < members.start(group + 1); place++) {
        if (matrix[members.element(place)] != 0) {
          return false;
        }
      }
      return true;
    }

    /** {@code w_B H_BB w_B}. */
    private double ownLoss(int group) {
      double loss = 0;
      for (int p = members.start(group); p < members.start(group + 1); p++) {
        int at = members.element(p);
        double[] moment = moments.second(at / k / n);
        for (int q = p; q < members.start(group + 1); q++) {
          int other = members.element(q);
          if (other / k == at / k) {
            double product = matrix[at] * matrix[other] * moment[at % k * k + other % k];
            loss += p == q ? product : 2 * product;
          }
        }
      }
      return loss;
    }

    /** {@code w_B (H r)_B}. */
    private double overlap(int group) {
      double sum = 0;
      for (int place = members.start(group); place < members.start(group + 1); place++) {
        int at = members.element(place);
        sum += matrix[at] * change[at - firstRow * k];
      }
      return sum;
    }

    private void remove(int group) {
      for (int place = members.start(group); place < members.start(group + 1); place++) {
        int at = members.element(place);
        double w = matrix[at];
        double[] moment = moments.second(at / k / n);
        int from = (at / k - firstRow) * k;
        int line = at % k * k;
        for (int j = 0; j < k; j++) {
          change[from + j] += w * moment[line + j];
        }
      }
    }
  }
}
