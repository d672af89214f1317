package dev.lathe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdxFormatTest {

  private static final byte[] IMAGES =
      DataFiles.idx(new byte[] {1, 2, 3, 4, 5, 6, (byte) 200, 8, 9, 10, 11, 12}, 2, 2, 3);
  private static final byte[] LABELS = DataFiles.idx(new byte[] {7, (byte) 200}, 2);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "t-images-idx3-ubyte, t-labels-idx1-ubyte",
    "t-images.idx3-ubyte, t-labels.idx1-ubyte",
    "t-images-idx3-ubyte.gz, t-labels-idx1-ubyte.gz",
    "t-images-idx3-ubyte.gz, t-labels-idx1-ubyte",
    "t-images-idx3-ubyte, t-labels-idx1-ubyte.gz"
  })
  void findsTheLabelsBesideTheImages(String images, String labels) throws IOException {
    write(images, IMAGES);
    write(labels, LABELS);

    for (Path path : List.of(folder, folder.resolve(images))) {
      Dataset dataset = Datasets.open(path);
      assertThat(dataset.labelled()).isTrue();
      assertThat(dataset.size()).hasValue(2);
      List<Sample> samples = DataFiles.readAll(dataset);
      assertThat(samples).extracting(Sample::label).containsExactly(7, 200);
      assertThat(samples.get(1).pixels().values()).containsExactly(200, 8, 9, 10, 11, 12);
      assertThat(samples.get(1).pixels().toString()).isEqualTo("2x3x1");
    }
  }

  @Test
  void takesTheTestPartUnlessAskedForTheTrainingPart() throws IOException {
    write("train-images-idx3-ubyte", DataFiles.idx(new byte[3], 3, 1, 1));
    write("t10k-images-idx3-ubyte", DataFiles.idx(new byte[1], 1, 1, 1));

    assertThat(Datasets.open(folder).size()).hasValue(1);
    assertThat(Datasets.open(folder, Datasets.Split.TRAIN).size()).hasValue(3);
  }

  @Test
  void slicesCountFromTheStart() throws IOException {
    Path file = write("t-images-idx3-ubyte", DataFiles.idx(new byte[] {0, 1, 2, 3}, 4, 1, 1));
    Dataset dataset = Datasets.open(file);

    assertThat(DataFiles.readAll(dataset.slice(1, 3)))
        .extracting(sample -> sample.pixels().values()[0])
        .containsExactly(1f, 2f);
    assertThat(dataset.slice(3, 9).size()).hasValue(1);
    assertThat(DataFiles.readAll(dataset.slice(3, 9))).hasSize(1);
    assertThat(DataFiles.readAll(dataset.slice(5, 9))).isEmpty();
  }

  @Test
  void missingLabelsAreAnErrorOnlyWhenNeeded() throws IOException {
    Dataset dataset = Datasets.open(write("t-images-idx3-ubyte", IMAGES));

    assertThat(DataFiles.readAll(dataset)).extracting(Sample::label).containsOnly(-1);
    assertThatThrownBy(dataset::requireLabels)
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no labels");
  }

  @Test
  void everyTruncationIsReported() throws IOException {
    for (int length = 0; length < IMAGES.length; length++) {
      byte[] truncated = Arrays.copyOf(IMAGES, length);
      Path plain = write("t-images-idx3-ubyte", truncated);
      assertThatThrownBy(() -> DataFiles.readAll(Datasets.open(plain)))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("t-images");
      Path compressed = write("z-images-idx3-ubyte.gz", DataFiles.gzip(truncated));
      assertThatThrownBy(() -> DataFiles.readAll(Datasets.open(compressed)))
          .isInstanceOf(InvalidDataException.class)
          .hasMessageContaining("z-images");
    }
  }

  @Test
  void damagedCompressionIsReported() throws IOException {
    byte[] whole = DataFiles.gzip(IMAGES);
    for (int length = 2; length < whole.length; length++) {
      Path file = write("t-images-idx3-ubyte.gz", Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> DataFiles.readAll(Datasets.open(file)))
          .isInstanceOf(InvalidDataException.class);
    }
  }

  @Test
  void countsThatLieAreReportedInBoundedMemory() throws IOException {
    ByteBuffer many = ByteBuffer.wrap(IMAGES.clone()).putInt(4, -1);
    Path plain = write("t-images-idx3-ubyte", many.array());
    assertThatThrownBy(() -> Datasets.open(plain)).hasMessageContaining("header says");

    Path compressed = write("z-images-idx3-ubyte.gz", DataFiles.gzip(many.array()));
    assertThatThrownBy(() -> DataFiles.readAll(Datasets.open(compressed)))
        .hasMessageContaining("ends within sample 2 of 4294967295");

    ByteBuffer few = ByteBuffer.wrap(IMAGES.clone()).putInt(4, 1);
    Path longer = write("y-images-idx3-ubyte.gz", DataFiles.gzip(few.array()));
    assertThatThrownBy(() -> DataFiles.readAll(Datasets.open(longer)))
        .hasMessageContaining("goes on after the last of 1");

    ByteBuffer huge = ByteBuffer.wrap(IMAGES.clone()).putInt(8, -1).putInt(12, -1);
    Path absurd = write("x-images-idx3-ubyte.gz", DataFiles.gzip(huge.array()));
    assertThatThrownBy(() -> Datasets.open(absurd)).hasMessageContaining("not plausible");
  }

  @Test
  void wrongMagicAndTypesAreReported() throws IOException {
    byte[] floats = IMAGES.clone();
    floats[2] = 0x0d;
    Path wrongType = write("t-images-idx3-ubyte", floats);
    assertThatThrownBy(() -> Datasets.open(wrongType)).hasMessageContaining("type code 0d");

    byte[] garbage = IMAGES.clone();
    garbage[0] = 'P';
    Path wrongMagic = write("t-images-idx3-ubyte", garbage);
    assertThatThrownBy(() -> Datasets.open(wrongMagic)).hasMessageContaining("no IDX file");
  }

  @Test
  void labelsThatDontFitAreReported() throws IOException {
    Path images = write("t-images-idx3-ubyte", IMAGES);
    write("t-labels-idx1-ubyte", DataFiles.idx(new byte[3], 3));
    assertThatThrownBy(() -> Datasets.open(images))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("labels don't fit")
        .hasMessageContaining("[3] for 2 images");

    Path labels = folder.resolve("t-labels-idx1-ubyte");
    assertThatThrownBy(() -> Datasets.open(labels)).hasMessageContaining("labels, not images");
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes);
  }
}
