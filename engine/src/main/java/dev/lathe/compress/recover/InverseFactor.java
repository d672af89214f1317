package dev.lathe.compress.recover;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The upper triangular U with {@code U^T U = (H + lambda I)^-1} of a second moment H: what
 * second-order methods walk along (Frantar et al., <i>GPTQ</i>, 2022). Where H is singular lambda
 * grows tenfold until every pivot is positive; an input that is always zero gets a diagonal of 1.
 */
public final class InverseFactor {

  /** Usual share of the mean diagonal that is added to the diagonal. */
  public static final double DAMPING = 0.01;

  private static final int BLOCK = 8;
  private static final int MAX_TRIES = 12;

  private final int k;
  private final double[] factor;
  private final double lambda;

  private InverseFactor(int k, double[] factor, double lambda) {
    this.k = k;
    this.factor = factor;
    this.lambda = lambda;
  }

  /**
   * Factors.
   *
   * @param moment k x k, symmetric, positive semidefinite up to rounding, finite; not changed
   * @param order of the inputs: row and column i of the factor are those of input {@code order[i]}
   * @param damping lambda, as a share of the mean of the diagonal
   */
  public static InverseFactor of(double[] moment, int[] order, double damping) {
    int k = order.length;
    double mean = 0;
    for (int i = 0; i < k; i++) {
      mean += moment[i * k + i] / k;
    }
    double lambda = damping * mean;
    for (int attempt = 0; attempt < MAX_TRIES; attempt++) {
      double[] factor = reverseCholesky(moment, order, lambda);
      if (factor != null) {
        invert(factor, k);
        return new InverseFactor(k, factor, lambda);
      }
      lambda = Math.max(lambda, 1e-9 * mean) * 10;
    }
    throw new IllegalArgumentException("no second moment: it is negative or not finite");
  }

  public int k() {
    return k;
  }

  /** U, row by row; zeros below the diagonal. Not a copy. */
  public double[] factor() {
    return factor;
  }

  /** What was added to the diagonal. */
  public double lambda() {
    return lambda;
  }

  /** Inputs as they come. */
  public static int[] naturalOrder(int k) {
    return IntStream.range(0, k).toArray();
  }

  /** Inputs of the largest second moment first: their errors can still be made up for. */
  public static int[] byEnergy(double[] moment, int k) {
    return IntStream.range(0, k)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer i) -> -moment[i * k + i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** {@code b (H + lambda I)^-1 = (b U^T) U} for one row vector. */
  public double[] solve(double[] b) {
    double[] projected = new double[k];
    for (int i = 0; i < k; i++) {
      projected[i] = dot(factor, i * k, b, 0, i, k);
    }
    double[] result = new double[k];
    for (int i = 0; i < k; i++) {
      for (int j = i; j < k; j++) {
        result[j] += projected[i] * factor[i * k + j];
      }
    }
    return result;
  }

  /** {@code (H + lambda I)^-1}, k x k. */
  public double[] inverse() {
    double[] inverse = new double[k * k];
    for (int p = 0; p < k; p++) {
      for (int i = p; i < k; i++) {
        double a = factor[p * k + i];
        for (int j = p; a != 0 && j < k; j++) {
          inverse[i * k + j] += a * factor[p * k + j];
        }
      }
    }
    return inverse;
  }

  /** Upper R with {@code R R^T = H + lambda I}, or null when a pivot is not positive. */
  private static double @Nullable [] reverseCholesky(double[] moment, int[] order, double lambda) {
    int k = order.length;
    double[] r = new double[k * k];
    for (int high = k - 1; high >= 0; high -= BLOCK) {
      int low = Math.max(0, high - BLOCK + 1);
      for (int j = k - 1; j >= low; j--) {
        for (int i = Math.min(j, high); i >= low; i--) {
          double own = moment[order[i] * k + order[j]];
          double rest = own - dot(r, i * k, r, j * k, j + 1, k);
          if (i < j) {
            r[i * k + j] = rest / r[j * k + j];
            continue;
          }
          double pivot = own == 0 ? 1 : rest + lambda;
          // Also false for NaN. Rounding alone leaves some 1e-16 of the diagonal.
          if (!(pivot > 1e-13 * own)) {
            return null;
          }
          r[i * k + i] = Math.sqrt(pivot);
        }
      }
    }
    return r;
  }

  /** {@code R^-1} in the place of an upper R. */
  private static void invert(double[] r, int k) {
    double[] row = new double[k];
    for (int i = k - 1; i >= 0; i--) {
      System.arraycopy(r, i * k + i, row, i, k - i);
      java.util.Arrays.fill(r, i * k + i, (i + 1) * k, 0);
      double pivot = 1 / row[i];
      for (int p = i + 1; p < k; p++) {
        double a = -row[p] * pivot;
        if (a != 0) {
          for (int j = p; j < k; j++) {
            r[i * k + j] += a * r[p * k + j];
          }
        }
      }
      r[i * k + i] = pivot;
    }
  }

  /** Sum of {@code a[from + j] b[other + j]} over j in [first, end), in a fixed order. */
  private static double dot(double[] a, int from, double[] b, int other, int first, int end) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = first;
    for (; j + 4 <= end; j += 4) {
      s0 += a[from + j] * b[other + j];
      s1 += a[from + j + 1] * b[other + j + 1];
      s2 += a[from + j + 2] * b[other + j + 2];
      s3 += a[from + j + 3] * b[other + j + 3];
    }
    for (; j < end; j++) {
      s0 += a[from + j] * b[other + j];
    }
    return s0 + s1 + (s2 + s3);
  }
}
