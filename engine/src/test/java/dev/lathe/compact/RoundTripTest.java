package dev.lathe.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is written compact comes back bit for bit. */
class RoundTripTest {

  @TempDir Path folder;

  static Network network(Map<String, Tensor> constants) {
    ValueInfo in = ValueInfo.of("x", DType.FLOAT32, 1);
    ValueInfo out = ValueInfo.of("y", DType.FLOAT32, 1);
    Node node = Node.of("n", "", "Identity", List.of("x"), List.of("y"), Map.of());
    Graph graph =
        new Graph("g", List.of(in), List.of(out), constants, List.of(node), Map.of(), null);
    return new Network(8, Map.of("", 17L), graph, "test", Map.of("task", "none"), null);
  }

  static Network read(byte[] file) {
    return CompactReader.read(MemorySegment.ofArray(file), "test.lathe", warning -> {});
  }

  /** The bits of element i, by some pattern. */
  private static Tensor tensor(DType dtype, LongUnaryOperator bits, long... dims) {
    Shape shape = Shape.of(dims);
    byte[] bytes = new byte[(int) dtype.bytesFor(shape.elements())];
    int width = Math.min(64, dtype.bits());
    long count = width < 8 ? shape.elements() : bytes.length * 8L / width;
    Elements elements = Elements.over(bytes, width, count);
    for (long i = 0; i < count; i++) {
      elements.set(i, bits.applyAsLong(i));
    }
    return new Tensor(dtype, shape, MemorySegment.ofArray(bytes));
  }

  private static Map<String, Tensor> tensors(DType dtype, Random random) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("zeros", tensor(dtype, i -> 0, 64, 33, 3));
    all.put("constant", tensor(dtype, i -> -1, 40, 401));
    all.put("scalar", tensor(dtype, i -> 5));
    all.put("empty", tensor(dtype, i -> 0, 0, 3));
    all.put("any", tensor(dtype, i -> random.nextLong(), 16, 16, 3, 3));
    all.put("odd", tensor(dtype, i -> random.nextLong(), 3, 1667));
    all.put("levels", tensor(dtype, i -> random.nextInt(15) - 7, 32, 9, 9));
    all.put("unsigned levels", tensor(dtype, i -> 100 + random.nextInt(5), 51, 99));
    all.put("two values", tensor(dtype, i -> random.nextBoolean() ? 0 : -3, 4099));
    all.put("one outlier", tensor(dtype, i -> i == 4242 ? -2 : 1, 5000));
    all.put("mostly 7", tensor(dtype, i -> random.nextInt(10) > 0 ? 7 : random.nextLong(), 6000));
    all.put("sparse", tensor(dtype, i -> random.nextInt(20) > 0 ? 0 : random.nextLong(), 80, 90));
    all.put("very sparse", tensor(dtype, i -> i % 1999 == 0 ? random.nextLong() : 0, 20_000));
    all.put("sparse levels", tensor(dtype, i -> Math.max(0, random.nextInt(16) - 11), 9001));
    long[] book = random.longs(16).toArray();
    all.put("codebook", tensor(dtype, i -> book[random.nextInt(16)], 64, 64));
    long[] books = random.longs(16 * 8).toArray();
    all.put(
        "books", tensor(dtype, i -> books[(int) (i / 999 % 16) * 8 + random.nextInt(8)], 16, 999));
    all.put("columns", tensor(dtype, i -> books[(int) (i % 16) * 8 + random.nextInt(8)], 999, 16));
    all.put("256 values", tensor(dtype, i -> 1000L * random.nextInt(256), 3000));
    all.put("257 values", tensor(dtype, i -> 1000L * random.nextInt(257), 3000));
    all.put("the same as 256 values", all.get("256 values").reshape(Shape.of(30, 100)));
    return all;
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "STRING")
  void everyTypeAndEveryPattern(DType dtype) {
    Map<String, Tensor> tensors = tensors(dtype, new Random(dtype.code()));
    Network network = network(tensors);
    for (Compactness compactness : Compactness.values()) {
      byte[] file = CompactWriter.toBytes(network, compactness);
      Network back = read(file);
      tensors.forEach(
          (name, tensor) -> {
            Tensor read = back.graph().constants().get(name);
            assertThat(read.dtype()).isEqualTo(dtype);
            assertThat(read.shape()).isEqualTo(tensor.shape());
            assertThat(read.data().mismatch(tensor.data())).as(name).isEqualTo(-1);
          });
      assertThat(OnnxWriter.toBytes(back)).isEqualTo(OnnxWriter.toBytes(network));
      assertThat(CompactWriter.toBytes(back, compactness)).isEqualTo(file);
      assertThat(CompactWriter.size(network, compactness)).isEqualTo(file.length);
    }
  }

  /** Floats whose bits arithmetic would lose: NaN with a payload, negative zero, denormals. */
  @Test
  void unusualFloats() {
    int[] bits = {0, 1 << 31, 1, 0x7f800001, 0xffc12345, 0x7f800000, 0x00400000, -1};
    Tensor tensor = tensor(DType.FLOAT32, i -> bits[(int) (i * i % bits.length)], 1000);
    for (Compactness compactness : Compactness.values()) {
      Network back = read(CompactWriter.toBytes(network(Map.of("w", tensor)), compactness));
      assertThat(back.graph().constants().get("w").data().mismatch(tensor.data())).isEqualTo(-1);
    }
  }

  /** Bytes a form promises, plus 1 KiB for the rest of the file. */
  private static void takesAtMost(double bytes, Tensor tensor, Compactness compactness) {
    long size = CompactWriter.size(network(Map.of("w", tensor)), compactness);
    assertThat((double) size).isLessThan(bytes + 1024);
  }

  @Test
  void formsTakeTheBitsTheyPromise() {
    Random random = new Random(1);
    int count = 100_000;
    Tensor levels = tensor(DType.INT8, i -> random.nextInt(15) - 7, count);
    takesAtMost(count * 4 / 8.0, levels, Compactness.FAST);
    takesAtMost(count * 3.95 / 8, levels, Compactness.SMALL); // log2(15) = 3.907
    float[] centers = new float[16];
    for (int i = 0; i < 16; i++) {
      centers[i] = random.nextFloat();
    }
    Tensor codebook =
        tensor(DType.FLOAT32, i -> Float.floatToIntBits(centers[random.nextInt(16)]), count);
    takesAtMost(count * 4 / 8.0 + 16 * 4, codebook, Compactness.FAST);
    Tensor sparse =
        tensor(
            DType.FLOAT32,
            i -> random.nextInt(10) > 0 ? 0 : Float.floatToIntBits(random.nextFloat()),
            count);
    takesAtMost(count / 8.0 + count * 0.102 * 4, sparse, Compactness.FAST);
    takesAtMost(count * 0.47 / 8 + count * 0.102 * 4, sparse, Compactness.SMALL);
    Tensor binary = tensor(DType.INT8, i -> random.nextBoolean() ? 1 : -1, count);
    takesAtMost(count / 8.0, binary, Compactness.FAST);
    Tensor ternary = tensor(DType.INT8, i -> random.nextInt(3) - 1, count);
    takesAtMost(count * 2 / 8.0, ternary, Compactness.FAST);
    takesAtMost(count * 1.65 / 8, ternary, Compactness.SMALL); // log2(3) = 1.585
  }

  @Test
  void equalTensorsAreStoredOnce() {
    Random random = new Random(2);
    Tensor one = tensor(DType.FLOAT32, i -> random.nextLong(), 10_000);
    long once = CompactWriter.size(network(Map.of("a", one)), Compactness.SMALL);
    Network twice = network(new LinkedHashMap<>(Map.of("a", one, "b", one)));
    assertThat(CompactWriter.size(twice, Compactness.SMALL)).isLessThan(once + 200);
  }

  /** Nothing is copied: the tensor lies in the mapped file, at a multiple of 64 bytes. */
  @Test
  void plainTensorsStayMapped() {
    Random random = new Random(3);
    Tensor any = tensor(DType.FLOAT32, i -> random.nextInt(), 10_000);
    Path file = folder.resolve("m.lathe");
    ModelFiles.write(network(Map.of("w", any)), file, Overwrite.FAIL, Compactness.FAST);
    Tensor read = ModelFiles.read(file).graph().constants().get("w");
    assertThat(read.data().isMapped()).isTrue();
    assertThat(read.data().address() % 64).isZero();
    assertThat(read.data().mismatch(any.data())).isEqualTo(-1);
  }

  static List<Path> sharedModels() throws IOException {
    Path shared = Path.of("../../shared/models");
    if (!Files.isDirectory(shared)) {
      return List.of(Path.of("absent"));
    }
    try (Stream<Path> files = Files.list(shared)) {
      return files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("sharedModels")
  void sharedModelsComeBackAsTheSameOnnxFile(Path model) throws IOException {
    assumeTrue(Files.exists(model), "no ../../shared/models");
    same(Files.readAllBytes(model));
  }

  @Test
  void theSampleComesBackAsTheSameOnnxFile() throws IOException {
    same(SampleData.MODEL.bytes());
  }

  private static void same(byte[] onnx) {
    Network network = OnnxReader.read(onnx, warning -> {});
    for (Compactness compactness : Compactness.values()) {
      byte[] file = CompactWriter.toBytes(network, compactness);
      assertThat(file.length).isLessThan(onnx.length);
      assertThat(OnnxWriter.toBytes(read(file))).isEqualTo(onnx);
    }
  }
}
