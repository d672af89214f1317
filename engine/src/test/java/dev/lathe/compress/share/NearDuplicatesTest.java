package dev.lathe.compress.share;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {

  @Test
  void theWorkedExample() {
    float[][] filters = {{3, 4}, {3.3f, 4}, {-3, 4}, {3, 4}};
    NearDuplicates.Merged merged = NearDuplicates.merge(filters, 0.1);
    assertThat(merged.of()).containsExactly(0, 0, 1, 0);
    assertThat(merged.means()).isDeepEqualTo(new float[][] {{3.1f, 4}, {-3, 4}});

    assertThat(NearDuplicates.merge(filters, 0).of()).containsExactly(0, 1, 2, 0);
    assertThat(NearDuplicates.merge(filters, 0.05).of()).containsExactly(0, 1, 2, 0);
  }

  @Test
  void zerosAtOtherPlacesKeepVectorsApart() {
    float[][] filters = {{1, 0, 5}, {1, 1e-3f, 5}, {1, 0, 5.001f}};
    assertThat(NearDuplicates.merge(filters, 0.5).of()).containsExactly(0, 1, 0);
  }

  @Test
  void nothingIsAlikeAfterwardsAndMergingAgainChangesNothing() {
    Random random = new Random(2);
    for (int round = 0; round < 200; round++) {
      double tolerance = random.nextDouble();
      float[][] vectors = new float[1 + random.nextInt(40)][3];
      for (int i = 0; i < vectors.length; i++) {
        for (int j = 0; j < 3; j++) {
          vectors[i][j] = random.nextInt(5) == 0 ? 0 : (float) random.nextGaussian();
        }
      }
      NearDuplicates.Merged merged = NearDuplicates.merge(vectors, tolerance);
      float[][] copies = new float[vectors.length][];
      for (int i = 0; i < vectors.length; i++) {
        copies[i] = merged.means()[merged.of()[i]];
        for (int j = 0; j < 3; j++) {
          assertThat(copies[i][j] == 0).isEqualTo(vectors[i][j] == 0);
        }
      }
      NearDuplicates.Merged again = NearDuplicates.merge(copies, tolerance);
      assertThat(again.of()).isEqualTo(merged.of());
      assertThat(again.means()).isDeepEqualTo(merged.means());
    }
  }
}
