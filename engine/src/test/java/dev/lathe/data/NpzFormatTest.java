package dev.lathe.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidDataException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NpzFormatTest {

  @TempDir Path folder;

  @Test
  void readsBytesWithLongLabels() throws IOException {
    byte[] labels =
        ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(3).putLong(9).array();
    Dataset dataset =
        open(DataFiles.npy("|u1", "(2, 1, 2, 3)", bytes(12)), DataFiles.npy("<i8", "(2,)", labels));

    List<Sample> samples = DataFiles.readAll(dataset);

    assertThat(dataset.size()).hasValue(2);
    assertThat(samples).extracting(Sample::label).containsExactly(3, 9);
    assertThat(samples.get(1).pixels().toString()).isEqualTo("1x2x3");
    assertThat(samples.get(1).pixels().values()).containsExactly(6, 7, 8, 9, 10, 11);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "(1, 2, 4)          | 2x4x1",
        "(1, 8)             | 1x8x1",
        "(1, 2, 4, 1)       | 2x4x1",
        "(1, 1, 4, 2)       | 4x2x1"
      })
  void understandsShapes(String shape, String pixels) throws IOException {
    Dataset dataset = open(DataFiles.npy("|u1", shape, bytes(8)), null);

    assertThat(DataFiles.readAll(dataset).getFirst().pixels().toString()).isEqualTo(pixels);
    assertThat(dataset.labelled()).isFalse();
  }

  @Test
  void planesBecomePixels() throws IOException {
    Dataset dataset = open(DataFiles.npy("|u1", "(1, 3, 2, 2)", bytes(12)), null);

    assertThat(DataFiles.readAll(dataset).getFirst().pixels().values())
        .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
  }

  @Test
  void readsFloatsOfAllWidths() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(first("<f4", data.duplicate().order(data.order()).putFloat(1.5f).putFloat(-2f)))
        .containsExactly(1.5f, -2f);
    assertThat(first("<f8", data.duplicate().order(data.order()).putDouble(1.5).putDouble(-2)))
        .containsExactly(1.5f, -2f);
    short[] halves = {Float.floatToFloat16(1.5f), Float.floatToFloat16(-2f)};
    assertThat(
            first(
                "<f2",
                data.duplicate().order(data.order()).putShort(halves[0]).putShort(halves[1])))
        .containsExactly(1.5f, -2f);
    assertThat(first("<i4", data.duplicate().order(data.order()).putInt(7).putInt(-7)))
        .containsExactly(7f, -7f);
  }

  private float[] first(String descr, ByteBuffer values) throws IOException {
    byte[] data = new byte[values.position()];
    values.flip().get(data);
    return DataFiles.readAll(open(DataFiles.npy(descr, "(1, 2)", data), null))
        .getFirst()
        .pixels()
        .values();
  }

  @Test
  void hostileArchivesAreReported() throws IOException {
    byte[] good = DataFiles.npy("|u1", "(2, 4)", bytes(8));
    assertInvalid(DataFiles.npy("|u1", "(3, 4)", bytes(8)), "ends within sample 2 of 3");
    assertInvalid(DataFiles.npy("|u1", "(2, 99999999999)", bytes(8)), "not plausible");
    assertInvalid(DataFiles.npy("|u1", "(2, 99999, 99999)", bytes(8)), "not plausible");
    assertInvalid(DataFiles.npy("|u1", "(999999999999999999999, 4)", bytes(8)), "shape");
    assertInvalid(DataFiles.npy("|u1", "(2, 0)", bytes(8)), "not plausible");
    assertInvalid(DataFiles.npy("|u1", "()", bytes(8)), "scalar");
    assertInvalid(DataFiles.npy("|O", "(2, 4)", bytes(8)), "element type '|O'");
    assertInvalid(DataFiles.npy(">f4", "(1, 2)", bytes(8)), "element type '>f4'");
    assertInvalid(DataFiles.npy("|u1", "(1, 2, 2, 2)", bytes(8)), "not understood");
    assertInvalid("{}".repeat(20).getBytes(java.nio.charset.StandardCharsets.UTF_8), "no .npy");
    for (int length = 0; length < good.length; length++) {
      assertInvalid(Arrays.copyOf(good, length), "");
    }
  }

  private void assertInvalid(byte[] x, String message) {
    assertThatThrownBy(() -> DataFiles.readAll(open(x, null)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("d.npz");
  }

  @Test
  void labelsMustFit() {
    byte[] x = DataFiles.npy("|u1", "(2, 4)", bytes(8));
    assertThatThrownBy(() -> open(x, DataFiles.npy("|u1", "(3,)", bytes(3))))
        .hasMessageContaining("labels don't fit");
    assertThatThrownBy(() -> open(x, DataFiles.npy("<f4", "(2,)", bytes(8))))
        .hasMessageContaining("labels don't fit");
    assertThatThrownBy(
            () -> DataFiles.readAll(open(x, DataFiles.npy("|i1", "(2,)", new byte[] {-1, 0}))))
        .hasMessageContaining("no class index");
  }

  @Test
  void aBombIsReadOneSampleAtATime() throws IOException {
    // 32 MB of zeros in a few tens of kilobytes: opening it must not inflate it.
    byte[] zeros = new byte[1 << 25];
    Dataset dataset = open(DataFiles.npy("|u1", "(" + (1 << 23) + ", 4)", zeros), null);

    assertThat(Files.size(folder.resolve("d.npz"))).isLessThan(1 << 20);
    try (SampleReader reader = dataset.open()) {
      Sample sample = Objects.requireNonNull(reader.next());
      assertThat(sample.pixels().values()).hasSize(4);
    }
  }

  @Test
  void missingArraysAndBrokenZipsAreReported() throws IOException {
    DataFiles.npz(folder.resolve("d.npz"), Map.of("z.npy", bytes(1)));
    assertThatThrownBy(() -> Datasets.open(folder.resolve("d.npz")))
        .hasMessageContaining("no array 'x'")
        .hasMessageContaining("z.npy");
    Path broken = Files.write(folder.resolve("b.npz"), bytes(100));
    assertThatThrownBy(() -> Datasets.open(broken)).isInstanceOf(InvalidDataException.class);
    assertThatThrownBy(() -> Datasets.open(folder.resolve("none.npz")))
        .hasMessageContaining("no such data");
    Path text = Files.writeString(folder.resolve("b.txt"), "hello");
    assertThatThrownBy(() -> Datasets.open(text)).hasMessageContaining("unknown kind of data");
  }

  @Test
  void tensorsSurviveAFile() throws IOException {
    Path file = folder.resolve("t.npy");
    for (Tensor tensor :
        List.of(
            Tensor.of(new float[] {1, -2.5f, Float.NaN}, 3, 1),
            Tensor.of(new long[] {Long.MIN_VALUE, 5}, 2),
            Tensor.of(DType.UINT8, new byte[] {-1}),
            Tensor.of(new float[0], 0, 4))) {
      NpyFile.write(tensor, file);
      Tensor read = NpyFile.read(file);

      assertThat(read.dtype()).isEqualTo(tensor.dtype());
      assertThat(read.shape()).isEqualTo(tensor.shape());
      assertThat(read.data().toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(tensor.data().toArray(ValueLayout.JAVA_BYTE));
    }
    Files.write(file, DataFiles.npy("<f4", "(1000000000000,)", bytes(4)));
    assertThatThrownBy(() -> NpyFile.read(file)).hasMessageContaining("needs more");
  }

  private Dataset open(byte[] x, byte @org.jspecify.annotations.Nullable [] y) throws IOException {
    Map<String, byte[]> entries = y == null ? Map.of("x.npy", x) : Map.of("x.npy", x, "y.npy", y);
    return Datasets.open(DataFiles.npz(folder.resolve("d.npz"), entries));
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }
}
