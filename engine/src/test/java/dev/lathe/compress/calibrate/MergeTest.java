package dev.lathe.compress.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.quant.Range;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Observers of parts of the data, merged, against one that saw all of it. */
class MergeTest {

  private static final int BATCHES = 7;

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "average", "percentile:99", "entropy", "mse"})
  void partsGiveWhatOnePassGives(String method) throws IOException {
    for (long seed = 1; seed <= 5; seed++) {
      List<float[]> batches = batches(seed);
      Observer whole = observer(method);
      batches.forEach(batch -> observe(whole, batch));
      for (int cut = 0; cut <= BATCHES; cut++) {
        Observer first = observer(method);
        Observer second = observer(method);
        batches.subList(0, cut).forEach(batch -> observe(first, batch));
        batches.subList(cut, BATCHES).forEach(batch -> observe(second, batch));
        Observer reread = copy(method, first);
        reread.merge(copy(method, second));

        assertSame(method, reread.range(), whole.range(), "seed " + seed + ", cut " + cut);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "percentile:99", "entropy", "mse"})
  void theOrderOfPartsDoesNotMatter(String method) {
    List<float[]> batches = batches(5);
    Observer forwards = observer(method);
    Observer backwards = observer(method);
    for (float[] batch : batches) {
      Observer one = observer(method);
      observe(one, batch);
      forwards.merge(one);
    }
    for (float[] batch : batches.reversed()) {
      Observer one = observer(method);
      observe(one, batch);
      backwards.merge(one);
    }

    assertThat(backwards.range()).isEqualTo(forwards.range());
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "average", "percentile:99", "entropy", "mse"})
  void goingOnFromAWrittenStateChangesNothing(String method) throws IOException {
    List<float[]> batches = batches(3);
    Observer whole = observer(method);
    Observer resumed = observer(method);
    for (float[] batch : batches) {
      observe(whole, batch);
      resumed = copy(method, resumed);
      observe(resumed, batch);
    }

    assertThat(resumed.range()).isEqualTo(whole.range());
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "average", "percentile:99", "entropy", "mse"})
  void mergingNothingChangesNothing(String method) {
    Observer observer = observer(method);
    observe(observer, batches(1).getFirst());
    Range before = observer.range();

    observer.merge(observer(method));
    assertThat(observer.range()).isEqualTo(before);

    Observer empty = observer(method);
    empty.merge(observer);
    assertSame(method, empty.range(), before, "into an empty one");
  }

  @Test
  void averageForgetsSlowly() {
    // The example of docs/methods.md.
    Observer observer = observer("average");
    observe(observer, new float[] {0, 10});
    assertThat(observer.range()).isEqualTo(new Range(0, 10));
    observe(observer, new float[] {-1, 20});

    // (0.99 * 10 + 20) / 1.99 and (0.99 * 0 - 1) / 1.99
    assertThat(observer.range().max()).isCloseTo(15.025f, within(1e-3f));
    assertThat(observer.range().min()).isCloseTo(-0.5025f, within(1e-3f));
  }

  @Test
  void statesThatCannotBeAreRefused() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeFloat(2);
    out.writeFloat(1);
    for (int i = 0; i < Histogram.BINS; i++) {
      out.writeLong(-1);
    }

    for (String method : List.of("minmax", "average", "entropy")) {
      Observer observer = observer(method);
      assertThatThrownBy(
              () ->
                  observer.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()))))
          .as(method)
          .isInstanceOf(IOException.class);
    }
  }

  private static void assertSame(String method, Range actual, Range expected, String where) {
    if (method.equals("average")) {
      float tolerance = 1e-6f * expected.maxAbs();
      assertThat(actual.min()).as(where).isCloseTo(expected.min(), within(tolerance));
      assertThat(actual.max()).as(where).isCloseTo(expected.max(), within(tolerance));
    } else {
      assertThat(actual).as(where).isEqualTo(expected);
    }
  }

  private static Observer observer(String method) {
    return CalibrationMethods.parse(method).observer();
  }

  private static void observe(Observer observer, float[] values) {
    observer.observe(values, values.length);
    observer.endBatch();
  }

  private static Observer copy(String method, Observer observer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    observer.write(new DataOutputStream(bytes));
    Observer copy = observer(method);
    copy.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
    return copy;
  }

  /** Batches of very different magnitude, some of one sign, one of zeros only. */
  private static List<float[]> batches(long seed) {
    Random random = new Random(seed);
    List<float[]> batches = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      float[] values = new float[50 + random.nextInt(200)];
      double magnitude = i == 2 ? 0 : Math.pow(2, random.nextInt(12) - 6);
      boolean positive = random.nextBoolean();
      for (int k = 0; k < values.length; k++) {
        double value = random.nextGaussian() * magnitude;
        values[k] = (float) (positive ? Math.abs(value) : value);
      }
      batches.add(values);
    }
    return batches;
  }
}
