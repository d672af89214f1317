package dev.lathe.compress.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.compress.Progress;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.quant.Range;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calibrations that stop, go on and are merged. */
class CalibrationStateTest {

  private static final ValueInfo INPUT = ValueInfo.of("x", DType.FLOAT32, 4, 3);

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "average", "percentile:99", "entropy", "mse"})
  void goingOnEqualsOnePass(String method) {
    Path file = folder.resolve("state");
    Map<String, Range> whole = run(calibrator(method), "a", 0, 100);

    run(kept(method, file), "a", 0, 24);
    run(kept(method, file), "a", 0, 60);
    Source source = new Source();
    Calibrator last = kept(method, file);
    Map<String, Range> resumed = last.run(source, List.of(INPUT), samples("a", 0, 100), none());

    assertThat(resumed).isEqualTo(whole);
    assertThat(source.batches).isEqualTo(10); // the last 40 samples
    assertThat(last.samples()).isEqualTo(100);
  }

  @Test
  void samplesThatWereSeenAreNotObservedAgain() throws IOException {
    Path file = folder.resolve("state");
    Map<String, Range> first = run(kept("entropy", file), "a", 0, 40);
    byte[] bytes = Files.readAllBytes(file);
    Source source = new Source();

    Calibrator again = kept("entropy", file);
    assertThat(again.run(source, List.of(INPUT), samples("renamed", 0, 40), none()))
        .isEqualTo(first);

    assertThat(source.batches).isZero();
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void otherDataIsAdded() {
    Path file = folder.resolve("state");
    run(kept("minmax", file), "a", 0, 40);
    Calibrator second = kept("minmax", file);
    Map<String, Range> both = run(second, "b", 40, 100);

    assertThat(both).isEqualTo(run(calibrator("minmax"), "a", 0, 100));
    assertThat(second.samples()).isEqualTo(100);
    assertThat(second.describe())
        .matches("minmax; 40 samples, sha256 \\w{64}; 60 samples, sha256 \\w{64}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"minmax", "percentile:99", "entropy", "mse"})
  void mergedStatesEqualOnePass(String method) {
    Path left = folder.resolve("left");
    Path right = folder.resolve("right");
    run(kept(method, left), "a", 0, 40);
    run(kept(method, right), "b", 40, 100);

    Calibrator merged = calibrator(method);
    merged.merge(left, network(1));
    merged.merge(right, network(1));
    merged.merge(right, network(1)); // seen already

    assertThat(merged.ranges()).isEqualTo(run(calibrator(method), "a", 0, 100));
    assertThat(merged.samples()).isEqualTo(100);
    assertThat(merged.verdict().earlier()).isEqualTo(40);
  }

  @Test
  void halfOverlappingStatesAreRefused() {
    Path left = folder.resolve("left");
    Path right = folder.resolve("right");
    run(kept("minmax", left), "a", 0, 40);
    run(kept("minmax", right), "a", 0, 40);
    run(kept("minmax", right), "b", 40, 60);

    Calibrator merged = kept("minmax", left);
    assertThatThrownBy(() -> merged.merge(right, network(1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("both calibration states saw the same samples");
  }

  @Test
  void aStateOfSomethingElseIsRefused() {
    Path file = folder.resolve("state");
    run(kept("minmax", file), "a", 0, 8);

    assertThatThrownBy(() -> calibrator("minmax").keepIn(file, network(2)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("of another model");
    assertThatThrownBy(() -> calibrator("mse").keepIn(file, network(1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("by another method");
    Calibrator other = new Calibrator(CalibrationMethods.minMax(), Set.of("x", "z"), 1 << 20);
    assertThatThrownBy(() -> other.keepIn(file, network(1)))
        .hasMessageContaining("of other values");
    assertThatThrownBy(() -> run(kept("minmax", file), "a", 0, 4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("has seen more of this data");
  }

  @Test
  void damageIsFound() throws IOException {
    Path file = folder.resolve("state");
    run(kept("entropy", file), "a", 0, 40);
    byte[] bytes = Files.readAllBytes(file);
    Random random = new Random(4);
    for (int trial = 0; trial < 50; trial++) {
      byte[] damaged = bytes.clone();
      int at = 10 + random.nextInt(bytes.length - 10); // behind gzip's head, some of which is free
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertThatThrownBy(() -> kept("entropy", file))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("no readable calibration state");
    }
    for (int length = 0; length < bytes.length; length += 397) {
      Files.write(file, java.util.Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> kept("entropy", file)).isInstanceOf(InvalidDataException.class);
    }
  }

  @Test
  void theVerdictComparesWithAboutHalf() {
    Calibrator calm = new Calibrator(CalibrationMethods.parse("average"), Set.of("x"), 1 << 20);
    run(calm, "a", 0, 100);
    assertThat(calm.verdict().earlier()).isEqualTo(64);
    assertThat(calm.verdict().enough()).isTrue();
    assertThat(calm.verdict().toString()).startsWith("enough: no range moved by more than 10 %");

    Calibrator few = calibrator("minmax");
    run(few, "a", 0, 4);
    assertThat(few.verdict().enough()).isFalse();
    assertThat(few.verdict().toString()).contains("too few");
  }

  @Test
  void aMoveIsAShareOfTheRange() {
    Map<String, Range> before = Map.of("a", new Range(2, 8), "b", new Range(-1, 1));
    Map<String, Range> after = Map.of("a", new Range(2, 10), "b", new Range(-1, 1.1f));

    SampleVerdict verdict = SampleVerdict.between(5, before, 10, after);

    assertThat(verdict.worst()).isEqualTo("a");
    assertThat(verdict.worstPercent()).isEqualTo(20); // of [0, 10]
    assertThat(verdict.moving()).isEqualTo(1);
    assertThat(verdict.toString()).contains("too few: 1 of 2 ranges", "'a' most, by 20.0 %");
  }

  private static Progress none() {
    return Progress.NONE;
  }

  private static Calibrator calibrator(String method) {
    return new Calibrator(CalibrationMethods.parse(method), Set.of("x", "y"), 1 << 20);
  }

  private static Calibrator kept(String method, Path file) {
    Calibrator calibrator = calibrator(method);
    calibrator.keepIn(file, network(1));
    return calibrator;
  }

  private static Network network(float weight) {
    Graph graph =
        new Graph(
            "g",
            List.of(INPUT),
            List.of(),
            Map.of("w", Tensor.scalar(weight)),
            List.of(),
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static Map<String, Range> run(Calibrator calibrator, String name, int from, int to) {
    return calibrator.run(new Source(), List.of(INPUT), samples(name, from, to), none());
  }

  /** Samples {@code [from, to)} of one endless seeded sequence, in batches of 4. */
  private static Samples samples(String name, int from, int to) {
    return new Sequence(name, from, to);
  }

  private record Sequence(String name, int from, int to) implements Samples {
    @Override
    public OptionalLong count() {
      return OptionalLong.of(to - from);
    }

    @Override
    public Samples skip(long samples) {
      return new Sequence(name, from + (int) samples, to);
    }

    @Override
    public SamplePass open(List<ValueInfo> inputs) {
      List<SampleBatch> batches = new ArrayList<>();
      for (int at = from; at < to; at += 4) {
        float[] values = new float[12];
        Random random = new Random(7919L * at);
        int count = Math.min(4, to - at);
        for (int i = 0; i < 3 * count; i++) {
          values[i] = (float) random.nextGaussian();
        }
        batches.add(new SampleBatch(List.of(Tensor.of(values, 4, 3)), count));
      }
      return new SamplePass() {
        @Override
        public @Nullable SampleBatch next() {
          return batches.isEmpty() ? null : batches.removeFirst();
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Observes the input and its cubes. */
  private static final class Source implements ActivationSource {
    private int batches;

    @Override
    public void run(List<Tensor> inputs, BiConsumer<String, Tensor> observed) {
      batches++;
      float[] values = inputs.getFirst().toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) Math.pow(values[i], 3);
      }
      observed.accept("x", inputs.getFirst());
      observed.accept("y", Tensor.of(values, 4, 3));
    }

    @Override
    public void close() {}
  }
}
