package dev.lathe.compress.prune;

/** Inverts small symmetric positive definite matrices. */
final class SymmetricInverse {

  private SymmetricInverse() {}

  /** The inverse of an n x n matrix, by Gauss-Jordan elimination along the diagonal. */
  static double[] of(double[] matrix, int n) {
    double[] a = matrix.clone();
    double[] inverse = new double[n * n];
    for (int i = 0; i < n; i++) {
      inverse[i * n + i] = 1;
    }
    for (int p = 0; p < n; p++) {
      double pivot = 1 / a[p * n + p];
      for (int j = 0; j < n; j++) {
        a[p * n + j] *= pivot;
        inverse[p * n + j] *= pivot;
      }
      for (int i = 0; i < n; i++) {
        double factor = a[i * n + p];
        for (int j = 0; i != p && factor != 0 && j < n; j++) {
          a[i * n + j] -= factor * a[p * n + j];
          inverse[i * n + j] -= factor * inverse[p * n + j];
        }
      }
    }
    return inverse;
  }
}
