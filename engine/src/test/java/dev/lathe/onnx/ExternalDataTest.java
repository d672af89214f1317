package dev.lathe.onnx;

import static dev.lathe.onnx.Models.external;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExternalDataTest {

  @TempDir Path root;
  private Path folder;

  @BeforeEach
  void writeData() throws IOException {
    folder = Files.createDirectories(root.resolve("models"));
    Files.write(folder.resolve("w.bin"), Models.littleEndian(1, 2, 3, 4));
    Files.write(root.resolve("secret.bin"), Models.littleEndian(9, 9, 9, 9));
  }

  private Network read(TensorProto tensor) throws IOException {
    Path file = folder.resolve("m.onnx");
    Files.write(file, Models.withInitializers(tensor).build().toByteArray());
    return OnnxReader.read(file);
  }

  private void rejects(TensorProto tensor, String... messageParts) {
    assertThatThrownBy(() -> read(tensor))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("tensor 'w'")
        .satisfies(
            error -> {
              for (String part : messageParts) {
                assertThat(error).hasMessageContaining(part);
              }
            });
  }

  @Test
  void readsSlicesOfTheFile() throws IOException {
    Tensor tensor =
        requireNonNull(read(external("w", "w.bin", 4, 8, 2)).graph().constants().get("w"));
    assertThat(tensor.toFloats()).containsExactly(2, 3);
    assertThat(tensor.data().isMapped()).isTrue();
  }

  @Test
  void offsetAndLengthAreOptional() throws IOException {
    TensorProto tensor =
        external("w", "w.bin", 0, 0, 3).toBuilder()
            .removeExternalData(2)
            .removeExternalData(1)
            .build();
    assertThat(requireNonNull(read(tensor).graph().constants().get("w")).toFloats())
        .containsExactly(1, 2, 3);
  }

  @Test
  void rejectsPathsOutOfTheFolder() throws IOException {
    rejects(external("w", "../secret.bin", 0, 16, 4), "leads out of the model's folder");
    rejects(external("w", "a/../../secret.bin", 0, 16, 4), "leads out of the model's folder");
    rejects(
        external("w", root.resolve("secret.bin").toString(), 0, 16, 4),
        "leads out of the model's folder");
    Files.createSymbolicLink(folder.resolve("link.bin"), root.resolve("secret.bin"));
    rejects(external("w", "link.bin", 0, 16, 4), "leads out of the model's folder");
    Files.createSymbolicLink(folder.resolve("up"), root);
    rejects(external("w", "up/secret.bin", 0, 16, 4), "leads out of the model's folder");
  }

  @Test
  void linksInsideTheFolderAreFollowed() throws IOException {
    Files.createSymbolicLink(folder.resolve("link.bin"), folder.resolve("w.bin"));
    assertThat(read(external("w", "link.bin", 0, 16, 4)).graph().constants()).containsKey("w");
  }

  @Test
  void rejectsWhatIsNotThere() {
    rejects(external("w", "none.bin", 0, 16, 4), "'none.bin' is missing", "looked for");
    rejects(external("w", "", 0, 16, 4), "without a location");
    rejects(external("w", "\0", 0, 16, 4), "is no usable path");
    rejects(external("w", ".", 0, 16, 4), "is missing");
    rejects(external("w", "w.bin", 4, 16, 4), "ends at byte 20", "the file has 16 bytes");
    rejects(external("w", "w.bin", Long.MAX_VALUE, 16, 4), "the file has 16 bytes");
    rejects(external("w", "w.bin", -4, 16, 4), "offset -4 is negative");
    rejects(external("w", "w.bin", 0, 12, 4), "12 bytes", "the shape asks for 16");
    rejects(external("w", "w.bin", 0, 1L << 50, 1L << 48), "the file has 16 bytes");
    TensorProto.Builder broken = external("w", "w.bin", 0, 16, 4).toBuilder();
    broken.getExternalDataBuilder(1).setValue("0x10");
    rejects(broken.build(), "offset '0x10' is no number");
  }

  @Test
  void aStreamHasNoFolder() {
    byte[] model = Models.withInitializers(external("w", "w.bin", 0, 16, 4)).build().toByteArray();
    assertThatThrownBy(() -> OnnxReader.read(new ByteArrayInputStream(model)))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("read from a stream");
  }

  @Test
  void externalTensorsAreWrittenInsideTheNewFile() throws IOException {
    ModelProto.Builder model = Models.withInitializers(external("w", "w.bin", 0, 16, 4));
    model.getGraphBuilder().getInitializerBuilder(0).setDocString("note");
    model
        .getGraphBuilder()
        .addNode(
            Models.node("Constant", List.of(), "k")
                .addAttribute(
                    Models.tensorAttribute("value").toBuilder()
                        .setType(AttributeType.TENSOR)
                        .setT(external("t", "w.bin", 8, 4, 1))))
        .addOutput(Models.value("k", 1));
    Files.write(folder.resolve("m.onnx"), model.build().toByteArray());
    Network network = OnnxReader.read(folder.resolve("m.onnx"));

    Path elsewhere = Files.createDirectories(root.resolve("elsewhere")).resolve("m.onnx");
    OnnxWriter.write(network, elsewhere, Overwrite.FAIL);
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(elsewhere));
    TensorProto tensor = written.getGraph().getInitializer(0);
    assertThat(tensor.getRawData().toByteArray()).isEqualTo(Models.littleEndian(1, 2, 3, 4));
    assertThat(tensor.getDocString()).isEqualTo("note");
    assertThat(tensor.hasDataLocation()).isFalse();
    assertThat(tensor.getExternalDataCount()).isZero();
    assertThat(written.getGraph().getNode(1).getAttribute(0).getT().getRawData().toByteArray())
        .isEqualTo(Models.littleEndian(3));
  }

  private static Network withConstants(Map<String, Tensor> constants) {
    Network network = OnnxReader.read(Models.withInitializers().build().toByteArray());
    Graph graph = network.graph();
    return network.withGraph(graph.withConstants(constants));
  }

  @Test
  void writesAlignedExternalData() throws IOException {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("small", Tensor.of(new float[] {1, 2}, 2));
    constants.put("a", Tensor.of(new float[300], 300));
    constants.put("b", Tensor.of(new float[5000], 5000));
    requireNonNull(constants.get("b")).data().set(Tensor.F32, 4 * 4999, 8f);
    Path file = folder.resolve("big.onnx");
    OnnxWriter.write(withConstants(constants), file, Overwrite.FAIL, Storage.EXTERNAL);
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(file));
    assertThat(written.getGraph().getInitializer(0).getRawData().size()).isEqualTo(8);
    assertThat(written.getGraph().getInitializer(2).getExternalDataList())
        .containsExactly(
            Models.entry("location", "big.onnx.data"),
            Models.entry("offset", "4096"),
            Models.entry("length", "20000"));
    assertThat(Files.size(folder.resolve("big.onnx.data"))).isEqualTo(4096 + 20000);
    Tensor back = requireNonNull(OnnxReader.read(file).graph().constants().get("b"));
    assertThat(back.f32(4999)).isEqualTo(8);

    Network again = OnnxReader.read(file);
    OnnxWriter.write(again, file, Overwrite.REPLACE, Storage.EXTERNAL);
    assertThat(requireNonNull(OnnxReader.read(file).graph().constants().get("b")).f32(4999))
        .as("written over the files it was read from")
        .isEqualTo(8);
    assertThat(ModelProto.parseFrom(Files.readAllBytes(file))).isEqualTo(written);
  }

  @Test
  void neverOverwritesUnasked() throws IOException {
    Path file = folder.resolve("m.onnx");
    Network network = withConstants(Map.of("a", Tensor.of(new float[300], 300)));
    OnnxWriter.write(network, file, Overwrite.FAIL);
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> OnnxWriter.write(network.withMetadata("k", "v"), file, Overwrite.FAIL))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("the file exists");
    assertThat(Files.readAllBytes(file)).isEqualTo(before);

    Files.createFile(folder.resolve("n.onnx.data"));
    assertThatThrownBy(
            () ->
                OnnxWriter.write(
                    network, folder.resolve("n.onnx"), Overwrite.FAIL, Storage.EXTERNAL))
        .isInstanceOf(UsageException.class);
    assertThat(folder.resolve("n.onnx")).doesNotExist();
  }

  @Test
  void aFailedWriteLeavesNothingBehind() throws IOException {
    Path file = Files.writeString(folder.resolve("m.onnx"), "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    sink -> {
                      sink.accept(MemorySegment.ofArray(new byte[3 << 20]));
                      throw new java.io.UncheckedIOException(new IOException("disk full"));
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("disk full");
    assertThat(file).hasContent("old");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("m.onnx", "w.bin");
    }
    Network network = withConstants(Map.of());
    assertThatThrownBy(() -> OnnxWriter.write(network, folder.resolve("no/m.onnx"), Overwrite.FAIL))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("can't write the file");
  }

  /** A sparse file on disk: 2.5 GiB that take a few blocks. */
  @Test
  void filesBeyondTwoGibibytes() throws IOException {
    long half = 1_300_000_000L;
    Path data = folder.resolve("huge.bin");
    try (FileChannel channel =
        FileChannel.open(
            data,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(java.nio.ByteBuffer.wrap(new byte[] {42}), 2 * half - 1);
    }
    byte[] model =
        Models.withInitializers(
                Models.head("a", TensorProto.DataType.UINT8, half)
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(Models.entry("location", "huge.bin"))
                    .build(),
                Models.head("b", TensorProto.DataType.UINT8, half)
                    .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                    .addExternalData(Models.entry("location", "huge.bin"))
                    .addExternalData(Models.entry("offset", Long.toString(half)))
                    .build())
            .build()
            .toByteArray();
    Files.write(folder.resolve("huge.onnx"), model);
    Network network = OnnxReader.read(folder.resolve("huge.onnx"));
    Tensor last = requireNonNull(network.graph().constants().get("b"));
    assertThat(last.data().get(ValueLayout.JAVA_BYTE, half - 1)).isEqualTo((byte) 42);

    WireMessage inline = new Encoder(null).model(network);
    assertThat(inline.size()).isGreaterThan(2 * half);
    ExternalLayout layout = new ExternalLayout("d");
    assertThat(new Encoder(layout).model(network).size()).isLessThan(1000);
    long[] size = {0};
    layout.forEach(slice -> size[0] += slice.byteSize());
    assertThat(size[0]).isGreaterThan(2 * half);
    assertThat(last.shape()).isEqualTo(Shape.of(half));
    assertThat(last.dtype()).isEqualTo(DType.UINT8);
  }

  /** One file of more than 2 GiB with the tensors inside, which Protobuf libraries can't read. */
  @Test
  void tensorsInsideAFileBeyondTwoGibibytes() throws IOException {
    long half = 1_300_000_000L;
    Network network =
        withConstants(
            Map.of(
                "a", new Tensor(DType.UINT8, Shape.of(half), sparse("a.bin", half)),
                "b", new Tensor(DType.UINT8, Shape.of(half), sparse("b.bin", half))));
    WireMessage message = new Encoder(null).model(network);
    Path file = folder.resolve("inline.onnx");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      long[] at = {0};
      message.forEach(
          slice -> {
            try {
              if (slice.byteSize() < 1 << 20) {
                channel.write(slice.asByteBuffer(), at[0]);
              }
              at[0] += slice.byteSize();
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
    }
    Network back = OnnxReader.read(file);
    assertThat(requireNonNull(back.graph().constants().get("b")).elements()).isEqualTo(half);
    assertThat(back.graph().nodes()).hasSize(1);
  }

  private MemorySegment sparse(String name, long size) throws IOException {
    Path path = folder.resolve(name);
    try (FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      channel.write(java.nio.ByteBuffer.wrap(new byte[] {1}), size - 1);
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, java.lang.foreign.Arena.ofAuto());
    }
  }
}
