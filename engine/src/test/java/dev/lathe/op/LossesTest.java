package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.lathe.error.InvalidDataException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Losses against their definition in plain code. */
class LossesTest {

  private static final int N = 3;
  private static final int C = 7;
  private static final int D = 10;

  @ParameterizedTest
  @CsvSource({
    "NegativeLogLikelihoodLoss, none, false, false",
    "NegativeLogLikelihoodLoss, sum, true, true",
    "NegativeLogLikelihoodLoss, mean, true, false",
    "NegativeLogLikelihoodLoss, mean, false, true",
    "SoftmaxCrossEntropyLoss, none, true, true",
    "SoftmaxCrossEntropyLoss, sum, false, false",
    "SoftmaxCrossEntropyLoss, mean, true, true",
    "SoftmaxCrossEntropyLoss, mean, false, false"
  })
  void definition(String opType, String reduction, boolean weighted, boolean ignores) {
    boolean softmax = opType.startsWith("Softmax");
    OperatorCase each = op(opType, 13).with("reduction", reduction).f32(N, C, 2, D / 2);
    Tensor x = each.first();
    long ignored = ignores ? 2 : -100;
    if (ignores) {
      each.with("ignore_index", ignored);
    }
    each.fed(targets());
    Tensor targets = each.latest();
    if (weighted) {
      each.f32(C);
    }
    Tensor weights = weighted ? each.latest() : null;
    List<Tensor> results = each.outputs(softmax ? 2 : 1).run();
    double sum = 0;
    double total = 0;
    for (int n = 0; n < N; n++) {
      for (int d = 0; d < D; d++) {
        double level = softmax ? level(x, n, d) : 0;
        for (int c = 0; softmax && c < C; c++) {
          assertThat((double) results.get(1).f32(at(n, c, d)))
              .isCloseTo(x.f32(at(n, c, d)) - level, offset());
        }
        long t = targets.integer((long) n * D + d);
        double weight = t == ignored ? 0 : weights == null ? 1 : weights.f32(t);
        double loss = weight * (level - x.f32(at(n, t, d)));
        if (reduction.equals("none")) {
          assertThat((double) results.get(0).f32((long) n * D + d)).isCloseTo(loss, offset());
        }
        sum += loss;
        total += weight;
      }
    }
    if (!reduction.equals("none")) {
      assertThat(results.get(0).shape()).isEqualTo(Shape.scalar());
      assertThat((double) results.get(0).f32(0))
          .isCloseTo(reduction.equals("sum") ? sum : sum / total, offset());
    }
  }

  private static long at(long n, long c, long d) {
    return (n * C + c) * D + d;
  }

  private static double level(Tensor x, int n, int d) {
    double sum = 0;
    for (int c = 0; c < C; c++) {
      sum += Math.exp(x.f32(at(n, c, d)));
    }
    return Math.log(sum);
  }

  private static org.assertj.core.data.Offset<Double> offset() {
    return org.assertj.core.data.Offset.offset(2e-4);
  }

  private static Tensor targets() {
    Random random = new Random(1);
    long[] targets = new long[N * D];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = random.nextInt(C);
    }
    return Tensor.of(targets, N, 2, D / 2);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT64", "FLOAT16", "BFLOAT16"})
  void everyFloatType(DType type) {
    Tensor x = Tensor.zeros(type, Shape.of(1, 2));
    Elements.putDouble(type, x.data(), 0, 0, -4);
    Elements.putDouble(type, x.data(), 0, 1, -0.5);
    Tensor loss =
        op("NegativeLogLikelihoodLoss", 22)
            .fed(x)
            .fed(Tensor.of(new int[] {1}, 1))
            .run()
            .getFirst();
    assertThat(Elements.getDouble(type, loss.data(), 0, 0)).isEqualTo(0.5);
  }

  @Test
  void infiniteScoresKeepTheOthersFinite() {
    Tensor x = Tensor.of(new float[] {1000, 0, Float.NEGATIVE_INFINITY}, 1, 3);
    OperatorCase each = op("SoftmaxCrossEntropyLoss", 13).fed(x).fed(Tensor.of(new long[] {0}, 1));
    assertThat(each.run().getFirst().f32(0)).isZero();
  }

  @Test
  void classesThatDoNotExistAreRefused() {
    OperatorCase each =
        op("SoftmaxCrossEntropyLoss", 13).f32(1, 3).fed(Tensor.of(new long[] {3}, 1));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(each::run)
        .withMessageContaining("target 3 for 3 classes");
  }
}
