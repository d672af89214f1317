package dev.lathe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreprocessTest {

  private static final ValueInfo GREY = ValueInfo.of("x", DType.FLOAT32, 1, 1, 1, 2);
  private static final ValueInfo RGB = ValueInfo.of("x", DType.FLOAT32, 1, 3, 1, 2);

  @ParameterizedTest
  @CsvSource({
    "none, 255, 255",
    "mnist-raw, 7, 7",
    "unit, 51, 0.2",
    "imagenet, 255, 2.2489083",
    "cifar10, 0, -1.9886685",
    "symmetric, 0, -1",
    "symmetric, 255, 1",
    "ultraface, 255, 1",
    "scale=1/255;mean=0.5;std=0.5, 255, 1",
    "'unit;mean=0.2', 51, 0"
  })
  void namesAndSettings(String text, float value, float expected) {
    float[] out = apply(text, RGB, new Pixels(new float[] {value, 0, 0, 0, 0, 0}, 1, 2, 3));

    assertThat(out[0]).isCloseTo(expected, within(1e-6f));
  }

  @Test
  void pixelsBecomePlanesInTheWantedOrder() {
    Pixels pixels = new Pixels(new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3);

    assertThat(apply("none", RGB, pixels)).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(apply("none;color=bgr", RGB, pixels)).containsExactly(3, 6, 2, 5, 1, 4);
    ValueInfo last = ValueInfo.of("x", DType.FLOAT32, 1, 1, 2, 3);
    assertThat(apply("none;layout=nhwc", last, pixels)).containsExactly(1, 2, 3, 4, 5, 6);
    ValueInfo clear = ValueInfo.of("x", DType.FLOAT32, 1, 2, 1, 3);
    assertThat(apply("none", clear, new Pixels(pixels.values(), 2, 1, 3)))
        .containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void channelsAreMatched() {
    assertThat(apply("none", RGB, new Pixels(new float[] {1, 2}, 1, 2, 1)))
        .containsExactly(1, 2, 1, 2, 1, 2);
    assertThat(apply("none", GREY, new Pixels(new float[] {100, 50, 10, 0, 0, 0}, 1, 2, 3)))
        .containsExactly(new float[] {29.9f + 29.35f + 1.14f, 0}, within(1e-4f));
    assertThat(apply("none", RGB, new Pixels(new float[] {1, 2, 3, 9, 4, 5, 6, 9}, 1, 2, 4)))
        .containsExactly(1, 4, 2, 5, 3, 6);
    ValueInfo five = ValueInfo.of("x", DType.FLOAT32, 1, 5, 1, 2);
    assertThatThrownBy(() -> apply("none;layout=nchw", five, new Pixels(new float[6], 1, 2, 3)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("5 channels");
  }

  /** A picture among others may be grey; an array of the wrong shape is the wrong array. */
  @Test
  void arraysOfAnotherShapeAreConvertedOnDemandOnly(@TempDir Path folder) throws IOException {
    Path images =
        Files.write(folder.resolve("t-images-idx3-ubyte"), DataFiles.idx(new byte[12], 3, 2, 2));
    ValueInfo rgb = ValueInfo.of("x", DType.FLOAT32, 1, 3, 2, 2);
    ValueInfo wide = ValueInfo.of("x", DType.FLOAT32, 1, 1, 2, 4);

    assertThatThrownBy(() -> first("none", rgb, images))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("a sample of 2x2x1 doesn't fit the model")
        .hasMessageContaining("color=rgb");
    assertThatThrownBy(() -> first("none", wide, images))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("resize=2x4");
    assertThat(first("none;color=rgb", rgb, images)).hasSize(12);
    assertThat(first("none;resize=2x4", wide, images)).hasSize(8);
    assertThat(Preprocess.parse("none;color=grey").toString()).endsWith("color=grey");
  }

  private static float[] first(String preprocess, ValueInfo input, Path data) {
    try (Batches batches =
        Batches.open(Datasets.open(data).slice(1, 3), Preprocess.parse(preprocess), input, 1, 0)) {
      return Objects.requireNonNull(batches.next()).input().toFloats();
    }
  }

  @Test
  void otherSizesAreScaledToCoverAndCutFromTheCentre() {
    // 1x4 -> covers 1x2 at scale 1: columns 1 and 2.
    assertThat(apply("none", GREY, new Pixels(new float[] {1, 2, 3, 4}, 1, 4, 1)))
        .containsExactly(2, 3);
    // 2x4 -> 1x2: each output weighs its 2x2 block most, its neighbours less.
    float[] half = apply("none", GREY, new Pixels(new float[] {0, 0, 8, 8, 0, 0, 8, 8}, 2, 4, 1));
    assertThat(half[0]).isCloseTo(8f / 7, within(1e-5f));
    assertThat(half[1]).isCloseTo(8 - 8f / 7, within(1e-5f));
    // A constant stays constant at any factor.
    for (int size = 1; size < 40; size += 3) {
      float[] values = new float[size * (size + 1)];
      java.util.Arrays.fill(values, 5);
      assertThat(apply("none;resize=3", GREY, new Pixels(values, size, size + 1, 1)))
          .containsExactly(new float[] {5, 5}, within(1e-5f));
    }
  }

  @Test
  void openDimensionsComeFromTheSettingsThenTheData() {
    ValueInfo open =
        new ValueInfo(
            "x",
            DType.FLOAT32,
            List.of(new Dim.Symbol("n"), new Dim.Fixed(3), new Dim.Unknown(), new Dim.Unknown()),
            null);
    Pixels first = new Pixels(new float[6 * 7 * 3], 6, 7, 3);

    assertThat(InputSpec.of(open, Preprocess.NONE, first).dims(4)).containsExactly(4, 3, 6, 7);
    assertThat(InputSpec.of(open, Preprocess.parse("unit;size=5x9"), first).dims(2))
        .containsExactly(2, 3, 5, 9);
    ValueInfo integers = ValueInfo.of("x", DType.INT64, 1, 3, 4, 4);
    assertThatThrownBy(() -> InputSpec.of(integers, Preprocess.NONE, first))
        .isInstanceOf(UnsupportedException.class);
  }

  @Test
  void vectorsNeedTheRightLength() {
    ValueInfo vector = ValueInfo.of("x", DType.FLOAT32, 1, 4);

    assertThat(apply("none", vector, new Pixels(new float[] {1, 2, 3, 4}, 2, 2, 1)))
        .containsExactly(1, 2, 3, 4);
    assertThatThrownBy(() -> apply("none", vector, new Pixels(new float[3], 1, 3, 1)))
        .hasMessageContaining("vectors of 4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "imagenett",
        "",
        "scale=",
        "scale=1/0",
        "std=0",
        "mean=1,2",
        "size=0",
        "size=99999",
        "size=1x2x3",
        "layout=chwn",
        "color=gray",
        "unit;wibble=2",
        "std=1;imagenet"
      })
  void mistakesAreUsageErrors(String text) {
    assertThatThrownBy(() -> Preprocess.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--preprocess '" + text + "'")
        .hasMessageContaining("imagenet");
  }

  @Test
  void theModelsOwnIsTheDefault() {
    Map<String, String> metadata = Map.of("lathe.preprocess", "scale=1/255;size=28");

    assertThat(Preprocess.choose(null, metadata)).isEqualTo(Preprocess.parse("unit;size=28"));
    assertThat(Preprocess.choose("none", metadata)).isEqualTo(Preprocess.NONE);
    assertThat(Preprocess.choose(null, Map.of())).isEqualTo(Preprocess.NONE);
    Preprocess full = Preprocess.parse("cifar10;size=3x4;resize=9;layout=nhwc;color=bgr");
    assertThat(Preprocess.parse(full.toString())).isEqualTo(full);
  }

  @Test
  void batchesEndWithTheRestOrWithPadding(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("t-images-idx3-ubyte");
    Files.write(file, DataFiles.idx(new byte[] {1, 2, 3}, 3, 1, 1));
    Files.write(folder.resolve("t-labels-idx1-ubyte"), DataFiles.idx(new byte[] {0, 1, 2}, 3));
    Dataset dataset = Datasets.open(file);
    ValueInfo open =
        new ValueInfo(
            "x",
            DType.FLOAT32,
            List.of(new Dim.Unknown(), new Dim.Fixed(1), new Dim.Fixed(1), new Dim.Fixed(1)),
            null);

    try (Batches batches = Batches.open(dataset, Preprocess.NONE, open, 2, 3)) {
      Batch first = Objects.requireNonNull(batches.next());
      Batch second = Objects.requireNonNull(batches.next());
      assertThat(first.labels()).containsExactly(0, 1);
      assertThat(second.input().toFloats()).containsExactly(3);
      assertThat(batches.next()).isNull();
    }
    ValueInfo fixed = ValueInfo.of("x", DType.FLOAT32, 2, 1, 1, 1);
    try (Batches batches = Batches.open(dataset, Preprocess.NONE, fixed, 64, 0)) {
      batches.next();
      Batch second = Objects.requireNonNull(batches.next());
      assertThat(second.count()).isEqualTo(1);
      assertThat(second.input().toFloats()).containsExactly(3, 0);
    }
    try (Batches batches = Batches.open(dataset, Preprocess.NONE, open, 3, 2)) {
      assertThatThrownBy(batches::next)
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("label 2 is out of range")
          .hasMessageContaining("sample 2");
    }
    assertThatThrownBy(() -> Batches.open(dataset.slice(5, 9), Preprocess.NONE, open, 1, 0))
        .hasMessageContaining("no samples");
  }

  private static float[] apply(String text, ValueInfo input, Pixels pixels) {
    Preprocess preprocess = Preprocess.parse(text);
    InputSpec spec = InputSpec.of(input, preprocess, pixels);
    float[] out = new float[spec.values()];
    preprocess.apply(new Sample(pixels, Sample.NO_LABEL, "test"), spec, out, 0);
    return out;
  }
}
