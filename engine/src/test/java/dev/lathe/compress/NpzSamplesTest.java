package dev.lathe.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.data.NpyFile;
import dev.lathe.data.Preprocess;
import dev.lathe.error.InvalidDataException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzSamplesTest {

  private static final List<Dim> OPEN = List.of(new Dim.Symbol("batch"), new Dim.Fixed(2));
  private static final ValueInfo IDS = new ValueInfo("ids", DType.INT64, OPEN, null);
  private static final ValueInfo MASK = new ValueInfo("mask", DType.FLOAT32, OPEN, null);

  private static final Tensor FIVE_IDS = Tensor.of(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5, 2);
  private static final Tensor FIVE_MASKS =
      Tensor.of(new float[] {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f, .9f, 1}, 5, 2);

  @TempDir Path folder;

  @Test
  void feedsInputsByNameAndWidensIntegers() throws IOException {
    Samples samples = NpzSamples.of(archive("mask", FIVE_MASKS, "ids", FIVE_IDS), 4, 3);

    List<SampleBatch> batches = batches(samples, IDS, MASK);

    assertThat(batches).extracting(SampleBatch::count).containsExactly(3, 1);
    Tensor ids = batches.getFirst().inputs().getFirst();
    assertThat(ids.dtype()).isEqualTo(DType.INT64);
    assertThat(ids.shape().dims()).containsExactly(3, 2);
    assertThat(ids.toLongs()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(batches.get(1).inputs().get(1).toFloats()).containsExactly(.7f, .8f);
  }

  @Test
  void padsToAFixedBatch() throws IOException {
    ValueInfo fixed = ValueInfo.of("ids", DType.INT64, 2, 2);

    List<SampleBatch> batches = batches(NpzSamples.of(archive("ids", FIVE_IDS), 99, 7), fixed);

    assertThat(batches).extracting(SampleBatch::count).containsExactly(2, 2, 1);
    assertThat(batches.getLast().inputs().getFirst().toLongs()).containsExactly(9, 10, 0, 0);
  }

  @Test
  void skipsTheFirst() throws IOException {
    Samples samples = NpzSamples.of(archive("ids", FIVE_IDS), 4, 9);

    assertThat(batches(samples.skip(3), IDS).getFirst().inputs().getFirst().toLongs())
        .containsExactly(7, 8);
    assertThat(batches(samples.skip(4), IDS)).isEmpty();
    assertThat(batches(samples.skip(400), IDS)).isEmpty();
  }

  @Test
  void labelsAreNoInput() throws IOException {
    Path path = archive("ids", FIVE_IDS, "y", FIVE_IDS);

    assertThat(batches(NpzSamples.of(path, 9, 9), IDS)).hasSize(1);
  }

  @Test
  void namesEveryArrayThatIsMissingOrTooMuch() throws IOException {
    Samples samples = NpzSamples.of(archive("idz", FIVE_IDS, "w", FIVE_IDS), 9, 9);

    assertThatThrownBy(() -> samples.open(List.of(IDS, MASK)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("no array for [ids, mask], no input for [idz, w]");
  }

  @Test
  void refusesOtherTypesAndShapesAllAtOnce() throws IOException {
    Tensor wide = Tensor.of(new float[6], 2, 3);
    Samples samples = NpzSamples.of(archive("ids", FIVE_MASKS, "mask", wide), 9, 9);

    assertThatThrownBy(() -> samples.open(List.of(IDS, MASK)))
        .isInstanceOf(InvalidDataException.class)
        .hasMessageContaining("the array is of float32")
        .hasMessageContaining("the array has the shape [2, 3]");
  }

  @Test
  void refusesArraysOfDifferentLength() throws IOException {
    Tensor two = Tensor.of(new float[4], 2, 2);
    Samples samples = NpzSamples.of(archive("ids", FIVE_IDS, "mask", two), 9, 9);

    assertThatThrownBy(() -> samples.open(List.of(IDS, MASK)))
        .hasMessageContaining("the array has 2 samples, others have 5");
  }

  @Test
  void refusesFixedBatchesThatDiffer() throws IOException {
    Samples samples = NpzSamples.of(archive("ids", FIVE_IDS), 9, 9);
    List<ValueInfo> inputs =
        List.of(ValueInfo.of("ids", DType.INT64, 1, 2), ValueInfo.of("mask", DType.FLOAT32, 2, 2));

    assertThatThrownBy(() -> samples.open(inputs)).hasMessageContaining("no batch axis in common");
  }

  @Test
  void theKindOfDataFollowsFromModelAndNames() throws IOException {
    ValueInfo image = ValueInfo.of("x", DType.FLOAT32, 1, 2);
    ValueInfo tokens = ValueInfo.of("x", DType.INT64, 1, 2);
    Path x = archive("x", FIVE_IDS);

    assertThat(Samples.of(x, List.of(image), Preprocess.NONE, 9, 9))
        .isInstanceOf(DatasetSamples.class);
    assertThat(Samples.of(x, List.of(tokens), Preprocess.NONE, 9, 9))
        .isInstanceOf(NpzSamples.class);
    assertThat(Samples.of(x, List.of(IDS, MASK), Preprocess.NONE, 9, 9))
        .isInstanceOf(NpzSamples.class);
    assertThat(Samples.of(archive("ids", FIVE_IDS), List.of(IDS), Preprocess.NONE, 9, 9))
        .isInstanceOf(NpzSamples.class);
  }

  private static List<SampleBatch> batches(Samples samples, ValueInfo... inputs) {
    List<SampleBatch> batches = new ArrayList<>();
    try (SamplePass pass = samples.open(List.of(inputs))) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        batches.add(batch);
      }
    }
    return batches;
  }

  private Path archive(String name, Tensor array) throws IOException {
    return archive(Map.of(name, array));
  }

  private Path archive(String first, Tensor array, String second, Tensor other) throws IOException {
    return archive(Map.of(first, array, second, other));
  }

  private Path archive(Map<String, Tensor> arrays) throws IOException {
    Path path = folder.resolve(String.join("-", arrays.keySet()) + ".npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
      for (Map.Entry<String, Tensor> array : arrays.entrySet()) {
        Path file = folder.resolve("array.npy");
        NpyFile.write(array.getValue(), file);
        zip.putNextEntry(new ZipEntry(array.getKey() + ".npy"));
        zip.write(Files.readAllBytes(file));
      }
    }
    return path;
  }
}
