package dev.lathe.report.compare;

import dev.lathe.measure.Bootstrap;

/**
 * Top-1 accuracy against the float original on the same samples; without labels the original's
 * answers are held to be true.
 *
 * @param metric {@code top-1}, or {@code agreement} without labels
 * @param value per cent
 * @param samples how many
 * @param drop points lost, with its 95 % interval of the paired bootstrap over samples
 * @param agreement per cent of samples with the original's answer, right or wrong
 */
public record Accuracy(
    String metric, double value, int samples, Bootstrap.Interval drop, double agreement) {

  static final String TOP_1 = "top-1";
  static final String AGREEMENT = "agreement";

  static Accuracy of(String metric, Answers answers, Answers baseline) {
    int count = answers.count();
    double[] lost = new double[count];
    int correct = 0;
    int agreed = 0;
    for (int i = 0; i < count; i++) {
      correct += answers.correct(i) ? 1 : 0;
      agreed += answers.agrees(baseline, i) ? 1 : 0;
      lost[i] = 100.0 * ((baseline.correct(i) ? 1 : 0) - (answers.correct(i) ? 1 : 0));
    }
    return new Accuracy(
        metric, 100.0 * correct / count, count, Bootstrap.mean(lost), 100.0 * agreed / count);
  }

  /** Whether the interval leaves no loss and no gain outside. */
  public boolean distinguishable() {
    return !drop.contains(0);
  }
}
