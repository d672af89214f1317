package dev.lathe.compress.factorize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SymmetricEigenTest {

  @Test
  void eigenvectorsAreOrthonormalAndMakeTheMatrix() {
    int n = 33;
    double[] matrix = new double[n * n];
    Random random = new Random(4);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        matrix[i * n + j] = random.nextGaussian();
        matrix[j * n + i] = matrix[i * n + j];
      }
    }
    SymmetricEigen eigen = SymmetricEigen.of(matrix, n);
    for (int i = 0; i < n; i++) {
      assertThat(i == 0 || eigen.values()[i] <= eigen.values()[i - 1]).isTrue();
      for (int j = 0; j < n; j++) {
        double dot = 0;
        double made = 0;
        for (int k = 0; k < n; k++) {
          dot += eigen.vector(i)[k] * eigen.vector(j)[k];
          made += eigen.values()[k] * eigen.vector(k)[i] * eigen.vector(k)[j];
        }
        assertThat(dot).isCloseTo(i == j ? 1 : 0, within(1e-12));
        assertThat(made).isCloseTo(matrix[i * n + j], within(1e-11));
      }
    }
  }
}
