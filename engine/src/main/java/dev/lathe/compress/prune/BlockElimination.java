package dev.lathe.compress.prune;

import java.util.Arrays;

/**
 * Removes blocks of inputs from the filters of a product, the weights that are left making up for
 * them: the optimal brain surgeon (Hassibi and Stork, 1993) for blocks of weights, as in Frantar
 * and Alistarh, <i>Optimal Brain Compression</i>, 2022.
 *
 * <p>With C the inputs of a block, H the second moment of the inputs and w the filters, the loss is
 * {@code sum of w_C (H^-1_CC)^-1 w_C^T}. Then {@code w -= w_C (H^-1_CC)^-1 H^-1_C} and the like for
 * H^-1. A part of the inputs, with their part of H^-1, sees what it would see among all of them as
 * long as only its own are removed.
 */
final class BlockElimination {

  private final int k;
  private final int rows;
  private final double[] weights;
  private final double[] inverse;

  /**
   * Nothing removed yet.
   *
   * @param weights filters of k weights; changed
   * @param inverse H^-1, k x k; changed
   */
  BlockElimination(int k, double[] weights, double[] inverse) {
    this.k = k;
    this.rows = weights.length / k;
    this.weights = weights;
    this.inverse = inverse;
  }

  /** A copy of the filters as they are now. */
  double[] weights() {
    return weights.clone();
  }

  /**
   * By how much the mean square of the output changes when these inputs go; exactly 0 for zeros.
   */
  double loss(int[] at) {
    if (at.length == 1) {
      return loss(at[0]);
    }
    double[] block = block(at);
    double loss = 0;
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < at.length; i++) {
        double own = weights[row * k + at[i]];
        double sum = 0;
        for (int j = 0; own != 0 && j < at.length; j++) {
          sum += block[i * at.length + j] * weights[row * k + at[j]];
        }
        loss += own * sum;
      }
    }
    return loss;
  }

  private double loss(int input) {
    double squares = 0;
    for (int at = input; at < weights.length; at += k) {
      squares += weights[at] * weights[at];
    }
    return squares / inverse[input * (k + 1)];
  }

  /** {@code (H^-1_CC)^-1}. */
  private double[] block(int[] at) {
    double[] block = new double[at.length * at.length];
    for (int i = 0; i < at.length; i++) {
      for (int j = 0; j < at.length; j++) {
        block[i * at.length + j] = inverse[at[i] * k + at[j]];
      }
    }
    return SymmetricInverse.of(block, at.length);
  }

  /** Removes inputs. */
  void remove(int[] at) {
    int t = at.length;
    double[] block = block(at);
    // block * H^-1_C, t x k
    double[] step = new double[t * k];
    for (int i = 0; i < t; i++) {
      for (int m = 0; m < t; m++) {
        double a = block[i * t + m];
        for (int j = 0; j < k; j++) {
          step[i * k + j] += a * inverse[at[m] * k + j];
        }
      }
    }
    subtract(weights, rows, columns(weights, rows, at), step, t);
    subtract(inverse, k, columns(inverse, k, at), step, t);
    for (int input : at) {
      Arrays.fill(inverse, input * k, (input + 1) * k, 0);
      for (int row = 0; row < k; row++) {
        inverse[row * k + input] = 0;
      }
      inverse[input * (k + 1)] = 1;
      for (int row = 0; row < rows; row++) {
        weights[row * k + input] = 0;
      }
    }
  }

  /** The chosen columns of a matrix, row by row. */
  private double[] columns(double[] matrix, int height, int[] at) {
    double[] columns = new double[height * at.length];
    for (int row = 0; row < height; row++) {
      for (int i = 0; i < at.length; i++) {
        columns[row * at.length + i] = matrix[row * k + at[i]];
      }
    }
    return columns;
  }

  /**
   * {@code matrix -= columns * step}; what was removed has zeros in the columns and costs nothing.
   */
  private void subtract(double[] matrix, int height, double[] columns, double[] step, int t) {
    for (int row = 0; row < height; row++) {
      for (int i = 0; i < t; i++) {
        double a = columns[row * t + i];
        for (int j = 0; a != 0 && j < k; j++) {
          matrix[row * k + j] -= a * step[i * k + j];
        }
      }
    }
  }
}
