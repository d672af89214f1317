package dev.lathe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class WeightStatisticsTest {

  @Test
  void whatIsNoFiniteNumberCountsForNothing() {
    WeightStatistics one =
        WeightStatistics.of(
            Tensor.of(new float[] {0, 2, Float.NaN, 4, Float.NEGATIVE_INFINITY, -0f}, 6));

    assertThat(one.zeros()).isEqualTo(2);
    assertThat(one.finite()).isEqualTo(4);
    assertThat(one.min()).isZero();
    assertThat(one.max()).isEqualTo(4);
    assertThat(one.mean()).isEqualTo(1.5);
    assertThat(one.std()).isCloseTo(Math.sqrt(2.75), within(1e-12));
  }

  @Test
  void partsAddUpToTheWhole() {
    WeightStatistics whole = WeightStatistics.of(Tensor.of(new float[] {1, -3, 5, 7, 0.5f}, 5));
    WeightStatistics parts =
        WeightStatistics.of(Tensor.of(new float[] {1, -3}, 2))
            .plus(WeightStatistics.NONE)
            .plus(WeightStatistics.of(Tensor.of(new float[] {5, 7, 0.5f}, 3)));

    assertThat(parts.elements()).isEqualTo(5);
    assertThat(parts.mean()).isCloseTo(whole.mean(), within(1e-12));
    assertThat(parts.std()).isCloseTo(whole.std(), within(1e-12));
    assertThat(parts.min()).isEqualTo(-3);
    assertThat(parts.max()).isEqualTo(7);
  }

  @Test
  void shortFloatsAreReadAndBitsAreNot() {
    short[] bits = {(short) 0x3f80, (short) 0xc000};
    Tensor bfloat16 = new Tensor(DType.BFLOAT16, Shape.of(2), MemorySegment.ofArray(bits));

    assertThat(WeightStatistics.of(bfloat16).min()).isEqualTo(-2);
    assertThat(WeightStatistics.of(bfloat16).max()).isEqualTo(1);
    assertThat(WeightStatistics.of(Tensor.of(DType.BOOL, new byte[] {1, 0}, 2)).finite()).isZero();
  }
}
