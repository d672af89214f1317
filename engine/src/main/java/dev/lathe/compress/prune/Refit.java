package dev.lathe.compress.prune;

import dev.lathe.compress.recover.InverseFactor;
import dev.lathe.compress.recover.LayerMethod;
import dev.lathe.compress.recover.LayerProblem;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import java.util.BitSet;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Fits the weights that are left to the output the whole weight had, by least squares (He et al.,
 * <i>Channel Pruning</i>, ICCV 2017; Luo et al., <i>ThiNet</i>, ICCV 2017): with K the inputs that
 * are kept and S those that went, {@code w_K + w_S H_SK (H_KK + lambda I)^-1}.
 *
 * @param removed input channels that went, by the weight's name
 */
record Refit(Map<String, BitSet> removed) implements LayerMethod {

  private static final double DAMPING = 1e-3;
  private static final BitSet NOTHING = new BitSet();

  @Override
  public double[] solve(LayerProblem problem, Workers workers) {
    WeightView view = problem.view();
    BitSet gone = removed.getOrDefault(problem.weight().name(), NOTHING);
    int k = problem.k();
    int[] kept = IntStream.range(0, k).filter(i -> !gone.get(i % view.channels())).toArray();
    int[] lost = IntStream.range(0, k).filter(i -> gone.get(i % view.channels())).toArray();
    double[] result = new double[view.elements()];
    for (int batch = 0; batch < view.batches(); batch++) {
      solve(problem, batch, kept, lost, result, workers);
    }
    return result;
  }

  private static void solve(
      LayerProblem problem, int batch, int[] kept, int[] lost, double[] into, Workers workers) {
    int k = problem.k();
    int n = kept.length;
    double[] moment = problem.moment(batch);
    double[] own = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        own[i * n + j] = moment[kept[i] * k + kept[j]];
      }
    }
    InverseFactor inverse = InverseFactor.of(own, InverseFactor.naturalOrder(n), DAMPING);
    int first = batch * problem.view().n();
    int last = first + problem.view().n();
    workers.run(
        (worker, barrier) -> {
          for (int row = first + worker; row < last; row += workers.size()) {
            double[] pull = new double[n];
            for (int lostInput : lost) {
              double w = problem.target()[row * k + lostInput];
              for (int j = 0; w != 0 && j < n; j++) {
                pull[j] += w * moment[lostInput * k + kept[j]];
              }
            }
            double[] step = inverse.solve(pull);
            for (int j = 0; j < n; j++) {
              into[row * k + kept[j]] = problem.target()[row * k + kept[j]] + step[j];
            }
          }
        });
  }
}
