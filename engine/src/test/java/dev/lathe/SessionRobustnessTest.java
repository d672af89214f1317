package dev.lathe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions of the sample under inputs and timing that applications should avoid. */
class SessionRobustnessTest {

  private static final int PIXELS = 28 * 28;

  @TempDir Path folder;

  private static Model sample() throws Exception {
    return Model.of(OnnxReader.read(TrainedModel.SAMPLE.bytes()));
  }

  private static Map<String, Tensor> filled(Session session, int batch, float value) {
    float[] values = new float[batch * PIXELS];
    Arrays.fill(values, value);
    return Map.of(session.inputs().getFirst().name(), Tensor.of(values, batch, 1, 28, 28));
  }

  private static float[] run(Session session, Map<String, Tensor> input) {
    return session.run(input).values().iterator().next().toFloats();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f})
  void quantizedNetworksSaturateWhatIsNoNumber(float value) throws Exception {
    byte[] file = TrainedModel.SAMPLE.quantized(QuantizeOptions.standard(), folder);
    try (Session session = Session.open(Model.of(OnnxReader.read(file)), RunOptions.standard())) {
      for (float score : run(session, filled(session, 2, value))) {
        assertThat(score).isFinite();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f})
  void anInputThatIsNoNumberLeavesNoTrace(float value) throws Exception {
    try (Session session = Session.open(sample(), RunOptions.standard())) {
      float[] before = run(session, filled(session, 2, 0.5f));
      assertThat(run(session, filled(session, 2, value))).hasSameSizeAs(before);
      assertThat(run(session, filled(session, 2, 0.5f))).isEqualTo(before);
    }
  }

  @Test
  void anEmptyBatchGivesAnEmptyResult() throws Exception {
    try (Session session = Session.open(sample(), RunOptions.standard())) {
      Tensor result = session.run(filled(session, 0, 0)).values().iterator().next();
      assertThat(result.shape()).isEqualTo(Shape.of(0, 10));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void closingUnderLoadEndsRunsWholeOrRefused(int threads) throws Exception {
    int callers = 3;
    for (int round = 0; round < 5; round++) {
      Session session = Session.open(sample(), RunOptions.standard().withThreads(threads));
      Map<String, Tensor> input = filled(session, 2, 0.5f);
      float[] expected = run(session, input);
      CountDownLatch warm = new CountDownLatch(3 * callers);
      try (ExecutorService pool = Executors.newFixedThreadPool(callers)) {
        List<Future<Boolean>> outcomes = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
          outcomes.add(pool.submit(() -> runUntilRefused(session, input, expected, warm)));
        }
        assertThat(warm.await(60, TimeUnit.SECONDS)).isTrue();
        session.close();
        for (Future<Boolean> outcome : outcomes) {
          assertThat(outcome.get(60, TimeUnit.SECONDS)).isTrue();
        }
      }
    }
  }

  /** Whether every result until the session was closed was right. */
  private static boolean runUntilRefused(
      Session session, Map<String, Tensor> input, float[] expected, CountDownLatch warm) {
    while (true) {
      float[] result;
      try {
        result = run(session, input);
      } catch (IllegalStateException closed) {
        return true;
      }
      if (!Arrays.equals(result, expected)) {
        return false;
      }
      warm.countDown();
    }
  }
}
