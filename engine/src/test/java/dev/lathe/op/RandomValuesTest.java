package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Random operators by the moments of their distributions and the reproducibility of a seed. */
class RandomValuesTest {

  private static final int COUNT = 40_000;

  private static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  private static double deviation(float[] values) {
    double mean = mean(values);
    double sum = 0;
    for (float value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }

  private static float[] draw(OperatorCase each) {
    return each.run().getFirst().toFloats();
  }

  @Test
  void uniformNumbersFillTheirRange() {
    float[] values =
        draw(
            op("RandomUniform", 22)
                .with("shape", new long[] {COUNT})
                .with("low", -1f)
                .with("high", 3f)
                .with("seed", 4f));
    assertThat(mean(values)).isCloseTo(1, Offset.offset(0.03));
    assertThat(deviation(values)).isCloseTo(4 / Math.sqrt(12), Offset.offset(0.03));
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    assertThat(sorted[0]).isBetween(-1f, -0.999f);
    assertThat(sorted[COUNT - 1]).isBetween(2.999f, 3f);
  }

  @Test
  void normalNumbersHaveTheirMoments() {
    float[] values =
        draw(
            op("RandomNormalLike", 22)
                .with("mean", 5f)
                .with("scale", 2f)
                .with("seed", 1f)
                .f32(COUNT));
    assertThat(mean(values)).isCloseTo(5, Offset.offset(0.05));
    assertThat(deviation(values)).isCloseTo(2, Offset.offset(0.05));
    long near = 0;
    for (float value : values) {
      near += Math.abs(value - 5) < 2 ? 1 : 0;
    }
    assertThat((double) near / COUNT).isCloseTo(0.6827, Offset.offset(0.01));
  }

  @Test
  void theSeedDecides() {
    float[] first = draw(op("RandomUniformLike", 22).with("seed", 1f).f32(100));
    assertThat(draw(op("RandomUniformLike", 22).with("seed", 1f).f32(100))).isEqualTo(first);
    assertThat(draw(op("RandomUniformLike", 22).with("seed", 2f).f32(100))).isNotEqualTo(first);
    assertThat(draw(op("RandomUniformLike", 22).f32(100))).isNotEqualTo(first);
  }

  @Test
  void coinsFallAsOftenAsTheInputSays() {
    float[] probabilities = new float[COUNT];
    for (int i = 0; i < COUNT; i++) {
      probabilities[i] = i % 4 / 3f;
    }
    Tensor coins =
        op("Bernoulli", 22)
            .with("dtype", DType.INT64.code())
            .fed(Tensor.of(probabilities, COUNT))
            .run()
            .getFirst();
    assertThat(coins.dtype()).isEqualTo(DType.INT64);
    double[] heads = new double[4];
    for (int i = 0; i < COUNT; i++) {
      heads[i % 4] += coins.integer(i) * 4.0 / COUNT;
    }
    for (int i = 0; i < 4; i++) {
      assertThat(heads[i]).isCloseTo(i / 3.0, Offset.offset(i % 3 == 0 ? 1e-9 : 0.02));
    }
  }

  @Test
  void classesAreDrawnFromTheSoftmax() {
    float[] logits = {0, (float) Math.log(2), Float.NEGATIVE_INFINITY, (float) Math.log(5)};
    Tensor drawn =
        op("Multinomial", 22)
            .with("sample_size", COUNT)
            .fed(Tensor.of(logits, 1, 4))
            .run()
            .getFirst();
    assertThat(drawn.dtype()).isEqualTo(DType.INT32);
    assertThat(drawn.shape()).isEqualTo(Shape.of(1, COUNT));
    double[] shares = new double[4];
    for (int i = 0; i < COUNT; i++) {
      shares[(int) drawn.integer(i)] += 1.0 / COUNT;
    }
    assertThat(shares[0]).isCloseTo(1 / 8.0, Offset.offset(0.01));
    assertThat(shares[1]).isCloseTo(2 / 8.0, Offset.offset(0.01));
    assertThat(shares[2]).isZero();
    assertThat(shares[3]).isCloseTo(5 / 8.0, Offset.offset(0.01));
  }
}
