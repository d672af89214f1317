package dev.lathe.compress.recover;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import java.util.Arrays;

/**
 * What a changed weight should do: for every filter q of matrix b, {@code (w - q) H_b (w - q)^T} as
 * small as can be, the mean square by which the output differs.
 */
public final class LayerProblem {

  private static final double DRIFT_DAMPING = 0.1;

  private final Weight weight;
  private final Moments moments;
  private final boolean centered;
  private final double[] original;
  private final double[] target;

  /**
   * The problem of one weight.
   *
   * @param centered whether a bias takes up the mean
   */
  LayerProblem(Weight weight, Moments moments, boolean centered) {
    this.weight = weight;
    this.moments = moments;
    this.centered = centered;
    this.original = WeightMatrix.of(weight);
    this.target = original.clone();
    for (int batch = 0; batch < weight.view().batches(); batch++) {
      makeUpForDrift(batch);
    }
  }

  /**
   * The filters w that keep the output although the input drifted by d: those that minimize {@code
   * E[(w0 (x + d) - w x)^2]}, which are {@code w0 + w0 E[d x^T] (H + lambda I)^-1}.
   */
  private void makeUpForDrift(int batch) {
    double[] drift = centered ? moments.centeredDrift(batch) : moments.drift(batch);
    if (drift == null) {
      return;
    }
    int k = moments.k();
    InverseFactor inverse =
        InverseFactor.of(moment(batch), InverseFactor.naturalOrder(k), DRIFT_DAMPING);
    WeightView view = weight.view();
    for (int row = batch * view.n(); row < (batch + 1) * view.n(); row++) {
      int from = (row - batch * view.n()) * k;
      double[] pull = Arrays.copyOfRange(drift, from, from + k);
      double[] step = inverse.solve(pull);
      for (int j = 0; j < k; j++) {
        target[row * k + j] += step[j];
      }
    }
  }

  public Weight weight() {
    return weight;
  }

  public WeightView view() {
    return weight.view();
  }

  /** Numbers in a filter. */
  public int k() {
    return moments.k();
  }

  /** The weight as it is, {@code [rows][k]}; zeros in it are to stay zero. Not a copy. */
  public double[] original() {
    return original;
  }

  /** w, {@code [rows][k]}; not a copy. */
  public double[] target() {
    return target;
  }

  /** H of a matrix; not to be changed. */
  public double[] moment(int batch) {
    return centered ? moments.covariance(batch) : moments.second(batch);
  }

  /** What the mean output of each filter loses with other weights and inputs that drifted. */
  double[] shift(double[] changed) {
    int k = k();
    double[] shift = new double[view().rows()];
    for (int row = 0; row < shift.length; row++) {
      int batch = row / view().n();
      double[] mean = moments.mean(batch);
      double[] drift = moments.meanDrift(batch);
      for (int j = 0; j < k; j++) {
        double w = original[row * k + j];
        shift[row] += (w - changed[row * k + j]) * mean[j];
      }
      shift[row] += drift == null ? 0 : drift[row - batch * view().n()];
    }
    return shift;
  }
}
