package dev.lathe.compress.factorize;

/**
 * The best approximation of a matrix by products {@code left * right} of every rank, in the
 * Frobenius norm (Eckart and Young, 1936): a projection on leading eigenvectors of the smaller Gram
 * matrix.
 */
final class LowRank {

  private final double[] matrix;
  private final int rows;
  private final int columns;
  private final boolean tall;
  private final SymmetricEigen eigen;

  private LowRank(double[] matrix, int rows, int columns) {
    this.matrix = matrix;
    this.rows = rows;
    this.columns = columns;
    this.tall = rows >= columns;
    int n = full();
    double[] gram = new double[n * n];
    if (tall) {
      for (int r = 0; r < rows; r++) {
        for (int i = 0; i < n; i++) {
          double a = matrix[r * columns + i];
          for (int j = 0; a != 0 && j < n; j++) {
            gram[i * n + j] += a * matrix[r * columns + j];
          }
        }
      }
    } else {
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = 0;
          for (int k = 0; k < columns; k++) {
            sum += matrix[i * columns + k] * matrix[j * columns + k];
          }
          gram[i * n + j] = sum;
          gram[j * n + i] = sum;
        }
      }
    }
    this.eigen = SymmetricEigen.of(gram, n);
  }

  /** Of a row-major matrix, which is kept. */
  static LowRank of(double[] matrix, int rows, int columns) {
    return new LowRank(matrix, rows, columns);
  }

  /** Most singular values that are not zero. */
  int full() {
    return Math.min(rows, columns);
  }

  /** Squared singular values, the largest first. */
  double[] energies() {
    return java.util.Arrays.stream(eigen.values()).map(value -> Math.max(0, value)).toArray();
  }

  /** {@code rows x rank}. */
  double[] left(int rank) {
    double[] left = new double[rows * rank];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < rank; i++) {
        double[] vector = eigen.vector(i);
        if (!tall) {
          left[r * rank + i] = vector[r];
          continue;
        }
        double sum = 0;
        for (int k = 0; k < columns; k++) {
          sum += matrix[r * columns + k] * vector[k];
        }
        left[r * rank + i] = sum;
      }
    }
    return left;
  }

  /** {@code rank x columns}. */
  double[] right(int rank) {
    double[] right = new double[rank * columns];
    for (int i = 0; i < rank; i++) {
      double[] vector = eigen.vector(i);
      if (tall) {
        System.arraycopy(vector, 0, right, i * columns, columns);
        continue;
      }
      for (int r = 0; r < rows; r++) {
        for (int k = 0; vector[r] != 0 && k < columns; k++) {
          right[i * columns + k] += vector[r] * matrix[r * columns + k];
        }
      }
    }
    return right;
  }
}
