package dev.lathe.compress.factorize;

/**
 * Eigenvalues and vectors of a symmetric matrix: Householder reduction to tridiagonal form, then
 * implicit QL (Bowdler, Martin, Reinsch and Wilkinson, 1968, the procedures tred2 and tql2 of
 * EISPACK). Vectors are rows here, so that inner loops run along memory.
 */
final class SymmetricEigen {

  private static final double EPSILON = 0x1p-52;

  private final int n;
  private final double[][] v;
  private final double[] d;
  private final double[] e;

  private SymmetricEigen(double[] matrix, int n) {
    this.n = n;
    this.v = new double[n][n];
    this.d = new double[n];
    this.e = new double[n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(matrix, i * n, v[i], 0, n);
    }
  }

  /** The decomposition of an n x n matrix, which is not changed. */
  static SymmetricEigen of(double[] matrix, int n) {
    SymmetricEigen eigen = new SymmetricEigen(matrix, n);
    eigen.tridiagonalize();
    eigen.diagonalize();
    eigen.sort();
    return eigen;
  }

  /** Eigenvalues, the largest first. */
  double[] values() {
    return d;
  }

  /** The unit vector of an eigenvalue; not a copy. */
  double[] vector(int index) {
    return v[index];
  }

  private void tridiagonalize() {
    for (int j = 0; j < n; j++) {
      d[j] = v[j][n - 1];
    }
    for (int i = n - 1; i > 0; i--) {
      double scale = 0;
      for (int k = 0; k < i; k++) {
        scale += Math.abs(d[k]);
      }
      double h = 0;
      if (scale == 0) {
        e[i] = d[i - 1];
        for (int j = 0; j < i; j++) {
          d[j] = v[j][i - 1];
          v[j][i] = 0;
          v[i][j] = 0;
        }
      } else {
        h = reflect(i, scale);
      }
      d[i] = h;
    }
    accumulate();
  }

  /** One Householder step; returns half the squared length of its vector. */
  private double reflect(int i, double scale) {
    double h = 0;
    for (int k = 0; k < i; k++) {
      d[k] /= scale;
      h += d[k] * d[k];
    }
    double f = d[i - 1];
    double g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
    e[i] = scale * g;
    h -= f * g;
    d[i - 1] = f - g;
    java.util.Arrays.fill(e, 0, i, 0);
    for (int j = 0; j < i; j++) {
      f = d[j];
      v[i][j] = f;
      double[] row = v[j];
      g = e[j] + row[j] * f;
      for (int k = j + 1; k < i; k++) {
        g += row[k] * d[k];
        e[k] += row[k] * f;
      }
      e[j] = g;
    }
    f = 0;
    for (int j = 0; j < i; j++) {
      e[j] /= h;
      f += e[j] * d[j];
    }
    double hh = f / (h + h);
    for (int j = 0; j < i; j++) {
      e[j] -= hh * d[j];
    }
    for (int j = 0; j < i; j++) {
      f = d[j];
      g = e[j];
      double[] row = v[j];
      for (int k = j; k < i; k++) {
        row[k] -= f * e[k] + g * d[k];
      }
      d[j] = row[i - 1];
      row[i] = 0;
    }
    return h;
  }

  private void accumulate() {
    for (int i = 0; i < n - 1; i++) {
      v[i][n - 1] = v[i][i];
      v[i][i] = 1;
      double h = d[i + 1];
      if (h != 0) {
        double[] reflected = v[i + 1];
        for (int k = 0; k <= i; k++) {
          d[k] = reflected[k] / h;
        }
        for (int j = 0; j <= i; j++) {
          double g = 0;
          double[] row = v[j];
          for (int k = 0; k <= i; k++) {
            g += reflected[k] * row[k];
          }
          for (int k = 0; k <= i; k++) {
            row[k] -= g * d[k];
          }
        }
      }
      java.util.Arrays.fill(v[i + 1], 0, i + 1, 0);
    }
    for (int j = 0; j < n; j++) {
      d[j] = v[j][n - 1];
      v[j][n - 1] = 0;
    }
    v[n - 1][n - 1] = 1;
    e[0] = 0;
  }

  private void diagonalize() {
    System.arraycopy(e, 1, e, 0, n - 1);
    e[n - 1] = 0;
    double f = 0;
    double largest = 0;
    for (int l = 0; l < n; l++) {
      largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
      int m = l;
      while (m < n - 1 && Math.abs(e[m]) > EPSILON * largest) {
        m++;
      }
      while (m > l && Math.abs(e[l]) > EPSILON * largest) {
        double g = d[l];
        double p = (d[l + 1] - g) / (2 * e[l]);
        double r = Math.copySign(Math.hypot(p, 1), p);
        d[l] = e[l] / (p + r);
        d[l + 1] = e[l] * (p + r);
        double h = g - d[l];
        for (int i = l + 2; i < n; i++) {
          d[i] -= h;
        }
        f += h;
        sweep(l, m, e[l + 1]);
      }
      d[l] += f;
      e[l] = 0;
    }
  }

  /** One implicit QL sweep from m down to l. */
  private void sweep(int l, int m, double el1) {
    double p = d[m];
    double c = 1;
    double c2 = 1;
    double c3 = 1;
    double s = 0;
    double s2 = 0;
    double dl1 = d[l + 1];
    for (int i = m - 1; i >= l; i--) {
      c3 = c2;
      c2 = c;
      s2 = s;
      double g = c * e[i];
      double h = c * p;
      double r = Math.hypot(p, e[i]);
      e[i + 1] = s * r;
      s = e[i] / r;
      c = p / r;
      p = c * d[i] - s * g;
      d[i + 1] = h + s * (c * g + s * d[i]);
      rotate(v[i], v[i + 1], c, s);
    }
    p = -s * s2 * c3 * el1 * e[l] / dl1;
    e[l] = s * p;
    d[l] = c * p;
  }

  private static void rotate(double[] low, double[] high, double c, double s) {
    for (int k = 0; k < low.length; k++) {
      double h = high[k];
      high[k] = s * low[k] + c * h;
      low[k] = c * low[k] - s * h;
    }
  }

  private void sort() {
    for (int i = 0; i < n - 1; i++) {
      int k = i;
      for (int j = i + 1; j < n; j++) {
        k = d[j] > d[k] ? j : k;
      }
      double value = d[k];
      double[] vector = v[k];
      d[k] = d[i];
      v[k] = v[i];
      d[i] = value;
      v[i] = vector;
    }
  }
}
