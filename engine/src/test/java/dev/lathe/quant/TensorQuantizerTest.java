package dev.lathe.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorQuantizerTest {

  private static final Tensor WEIGHTS =
      Tensor.of(new float[] {1, -2, 3, 40, 50, -60, 0, 0, 0, 7, 8, 9}, 2, 3, 2);

  @Test
  void rangesAlongEachAxis() {
    assertThat(TensorQuantizer.range(WEIGHTS)).isEqualTo(new Range(-60, 50));
    assertThat(TensorQuantizer.ranges(WEIGHTS, 0))
        .isEqualTo(List.of(new Range(-60, 50), new Range(0, 9)));
    assertThat(TensorQuantizer.ranges(WEIGHTS, 1))
        .isEqualTo(List.of(new Range(-2, 1), new Range(0, 40), new Range(-60, 50)));
    assertThat(TensorQuantizer.ranges(WEIGHTS, 2))
        .isEqualTo(List.of(new Range(0, 50), new Range(-60, 40)));
    assertThat(TensorQuantizer.range(Tensor.of(new float[0], 0, 3))).isEqualTo(new Range(0, 0));
  }

  @Test
  void quantizesEachChannelWithItsOwnScale() {
    Tensor weights = Tensor.of(new float[] {0.5f, -1.27f, 127, 3}, 2, 2);
    QuantParams params =
        QuantParams.choose(
            Scheme.SYMMETRIC, Levels.symmetric(8), 0, TensorQuantizer.ranges(weights, 0));

    Tensor levels = TensorQuantizer.quantize(weights, params);

    assertThat(levels.dtype()).isEqualTo(DType.INT8);
    assertThat(levels.toLongs()).containsExactly(50, -127, 127, 3);
    assertThat(TensorQuantizer.dequantize(levels, params).toFloats())
        .containsExactly(new float[] {0.5f, -1.27f, 127, 3}, within(1e-6f));
  }

  @Test
  void findsTheFirstNonFiniteElement() {
    assertThat(TensorQuantizer.firstNonFinite(WEIGHTS)).isEqualTo(-1);
    assertThat(TensorQuantizer.firstNonFinite(Tensor.of(new float[] {0, 1, Float.NaN}, 3)))
        .isEqualTo(2);
    assertThat(TensorQuantizer.firstNonFinite(Tensor.of(new float[] {Float.NEGATIVE_INFINITY}, 1)))
        .isZero();
  }

  @Test
  void errorIsSignalToNoiseInDecibels() {
    Tensor original = Tensor.of(new float[] {3, 4}, 2);

    assertThat(QuantError.between(original, original).sqnrDb()).isInfinite();
    QuantError error = QuantError.between(original, Tensor.of(new float[] {3, 4.5f}, 2));
    assertThat(error.maxAbs()).isEqualTo(0.5);
    assertThat(error.meanSquare()).isEqualTo(0.125);
    assertThat(error.sqnrDb()).isCloseTo(20, within(1e-9)); // 25 / 0.25
  }
}
