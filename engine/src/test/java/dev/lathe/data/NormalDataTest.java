package dev.lathe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.UsageException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class NormalDataTest {

  private static ValueInfo input(Dim... dims) {
    return new ValueInfo("x", DType.FLOAT32, List.of(dims), null);
  }

  private static List<float[]> read(Dataset data) {
    try (SampleReader reader = data.open()) {
      List<float[]> all = new java.util.ArrayList<>();
      for (Sample sample = reader.next(); sample != null; sample = reader.next()) {
        assertThat(sample.label()).isEqualTo(Sample.NO_LABEL);
        all.add(sample.pixels().values());
      }
      return all;
    }
  }

  @Test
  void samplesAreTheSameInEveryPassAndStandardNormal() {
    Dim batch = new Dim.Symbol("n");
    ValueInfo planes = input(batch, new Dim.Fixed(3), new Dim.Fixed(20), new Dim.Fixed(30));
    NormalData data = NormalData.of(planes, 4, 7);

    List<float[]> samples = read(data);
    assertThat(samples).hasSize(4);
    assertThat(samples).containsExactlyElementsOf(read(data));
    assertThat(samples.get(0)).hasSize(1_800).isNotEqualTo(samples.get(1));
    double square = 0;
    for (float value : samples.get(0)) {
      square += value * value;
    }
    assertThat(square / 1_800).isBetween(0.8, 1.2);
    assertThat(data.labelled()).isFalse();
    try (SampleReader reader = data.open()) {
      assertThat(String.valueOf(reader.next())).contains("20x30x3");
    }
    assertThat(Arrays.equals(read(NormalData.of(planes, 1, 8)).getFirst(), samples.get(0)))
        .isFalse();
  }

  @Test
  void vectorsAreOneRowAndOpenExtentsAreRefused() {
    Dim batch = new Dim.Fixed(1);
    assertThat(read(NormalData.of(input(batch, new Dim.Fixed(5), new Dim.Fixed(4)), 1, 1)).get(0))
        .hasSize(20);
    assertThatThrownBy(() -> NormalData.of(input(batch, new Dim.Symbol("length")), 1, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("how large");
  }
}
