package dev.lathe.compress.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.compress.DatasetSamples;
import dev.lathe.compress.Progress;
import dev.lathe.compress.Samples;
import dev.lathe.data.Dataset;
import dev.lathe.data.Pixels;
import dev.lathe.data.Preprocess;
import dev.lathe.data.Sample;
import dev.lathe.data.SampleReader;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.ValueInfo;
import dev.lathe.quant.Range;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CalibratorTest {

  private static final ValueInfo INPUT = ValueInfo.of("x", DType.FLOAT32, 2, 3);

  @Test
  void observesEveryTensorAndIgnoresPadding() {
    // 5 samples in batches of 2: the sixth row is padding of zeros, which must not count.
    Calibrator calibrator = new Calibrator(CalibrationMethods.minMax(), Set.of("x", "y"), 1 << 20);
    List<Long> done = new ArrayList<>();

    Map<String, Range> ranges = run(calibrator, 5, Long.MAX_VALUE, state -> done.add(state.done()));

    assertThat(ranges)
        .containsEntry("x", new Range(1, 15))
        .containsEntry("y", new Range(-15, -1))
        .hasSize(2);
    assertThat(done).containsExactly(2L, 4L, 5L);
  }

  @Test
  void stopsAfterTheWantedNumberOfSamples() {
    Calibrator calibrator = new Calibrator(CalibrationMethods.minMax(), Set.of("x"), 1 << 20);
    List<Progress.State> states = new ArrayList<>();

    Map<String, Range> ranges = run(calibrator, 100, 3, states::add);

    assertThat(ranges).containsEntry("x", new Range(1, 9));
    assertThat(states.getLast().done()).isEqualTo(3);
    assertThat(states.getLast().total()).hasValue(3);
  }

  @Test
  void namesTheTensorThatIsNotFinite() {
    Calibrator calibrator = new Calibrator(CalibrationMethods.minMax(), Set.of("z"), 1 << 20);

    assertThatThrownBy(() -> run(calibrator, 1, 1, Progress.NONE))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("activation 'z' is NaN")
        .hasMessageContaining("element 2");
  }

  @Test
  void refusesToExceedItsMemory() {
    CalibrationMethod method = CalibrationMethods.parse("percentile:99.9");

    assertThatThrownBy(() -> new Calibrator(method, Set.of("a", "b"), method.bytesPerTensor()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--max-memory");
  }

  @Test
  void progressEstimatesTheRest() {
    Progress.State state = new Progress.State("x", 25, OptionalLong.of(100), Duration.ofSeconds(5));

    assertThat(state.rate()).isEqualTo(5);
    assertThat(state.remaining()).isEqualTo(Duration.ofSeconds(15));
    assertThat(new Progress.State("x", 0, OptionalLong.of(9), Duration.ZERO).remaining()).isZero();
  }

  private static Map<String, Range> run(
      Calibrator calibrator, int samples, long max, Progress progress) {
    Dataset data = new Counting(samples);
    Samples upTo = new DatasetSamples(data, Preprocess.NONE, max, 2);
    return calibrator.run(new Negate(), List.of(INPUT), upTo, progress);
  }

  /** Observes the input, its negative, and a tensor with a NaN. */
  private static final class Negate implements ActivationSource {
    @Override
    public void run(List<Tensor> inputs, BiConsumer<String, Tensor> observed) {
      Tensor input = inputs.getFirst();
      float[] values = input.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = -values[i];
      }
      observed.accept("x", input);
      observed.accept("y", Tensor.of(values, input.shape().dims()));
      observed.accept("z", Tensor.of(new float[] {0, 1, Float.NaN}, 3));
    }

    @Override
    public void close() {}
  }

  /** Sample i holds 3i+1, 3i+2, 3i+3. */
  private record Counting(int count) implements Dataset {
    @Override
    public String name() {
      return "counting";
    }

    @Override
    public OptionalLong size() {
      return OptionalLong.of(count);
    }

    @Override
    public boolean labelled() {
      return false;
    }

    @Override
    public SampleReader open() {
      return new SampleReader() {
        private int next;

        @Override
        public @Nullable Sample next() {
          if (next == count) {
            return null;
          }
          int first = 3 * next++ + 1;
          float[] values = {first, first + 1, first + 2};
          return new Sample(new Pixels(values, 1, 3, 1), Sample.NO_LABEL, "counting");
        }

        @Override
        public void close() {}
      };
    }
  }
}
