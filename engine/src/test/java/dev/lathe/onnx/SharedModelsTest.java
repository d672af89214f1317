package dev.lathe.onnx;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.graph.Network;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models of other makers, read and written again. */
class SharedModelsTest {

  private static final Path SHARED_MODELS = Path.of("../../shared/models");

  private static byte[] bytes(Tensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_BYTE);
  }

  private static Tensor constant(Network network, String name) {
    return requireNonNull(network.graph().constants().get(name));
  }

  static Stream<Path> sharedModels() throws IOException {
    if (!Files.isDirectory(SHARED_MODELS)) {
      return Stream.of(SHARED_MODELS);
    }
    try (Stream<Path> files = Files.list(SHARED_MODELS)) {
      return files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("sharedModels")
  void realModelsKeepTheirBytes(Path model, @TempDir Path folder) throws IOException {
    assumeTrue(Files.isRegularFile(model), () -> "needs the models in " + SHARED_MODELS);
    Network network = OnnxReader.read(model);
    Path written = folder.resolve("m.onnx");
    OnnxWriter.write(network, written, Overwrite.FAIL);
    assertThat(ModelProto.parseFrom(Files.readAllBytes(written)))
        .isEqualTo(ModelProto.parseFrom(Files.readAllBytes(model)));
    OnnxWriter.write(network, folder.resolve("e.onnx"), Overwrite.FAIL, Storage.EXTERNAL);
    Network external = OnnxReader.read(folder.resolve("e.onnx"));
    assertThat(external.graph().constants().keySet())
        .isEqualTo(network.graph().constants().keySet());
    network
        .graph()
        .constants()
        .forEach(
            (name, tensor) -> assertThat(bytes(constant(external, name))).isEqualTo(bytes(tensor)));
  }
}
