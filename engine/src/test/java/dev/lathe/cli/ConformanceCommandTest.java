package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConformanceCommandTest extends CommandLineTest {

  @Test
  void rightAnswersPassAndWrongOnesAreExitCodeFive() throws IOException {
    twoInputs("right", new float[] {5, 5, 5, 5}, new float[] {-3, -1, 1, 3});
    Path report = folder.resolve("c.json");

    assertThat(lathe("conformance", folder, "--json", report)).as(err.toString()).isZero();
    assertThat(json(report)).containsEntry("total", 1).containsEntry("passed", 1);

    twoInputs("wrong", new float[] {5, 5, 5, 5}, new float[] {-3, -1, 1, 3.1f});
    assertThat(lathe("conformance", folder, "--json", report, "--force")).isEqualTo(5);

    assertThat(err.toString()).contains("wrong: output 'difference' 1 of 4 values differ");
    Map<String, Object> json = json(report);
    assertThat(json).containsEntry("passed", 1).containsEntry("failed", 1);
    Map<?, ?> wrong = (Map<?, ?>) ((List<?>) json.get("cases")).getLast();
    assertThat(wrong.get("name")).isEqualTo("wrong");
    assertThat(wrong.get("result")).isEqualTo("wrong");
    assertThat(wrong.get("operators")).isEqualTo(List.of("Add", "Sub"));

    assertThat(lathe("conformance", folder, "--filter", "^right")).isZero();
    assertThat(lathe("conformance", folder, "--rtol", "0.1")).isZero();
  }

  @Test
  void casesWithoutModelOrDataAreSkippedAndDamagedOnesAreErrors() throws IOException {
    Path download = Files.createDirectory(folder.resolve("download"));
    Files.writeString(download.resolve("data.json"), "{}");
    Path bare = Files.createDirectory(folder.resolve("bare"));
    TinyModels.twoInputs(bare.resolve("model.onnx"));

    assertThat(lathe("conformance", folder, "--list")).isZero();
    assertThat(out.toString()).contains("model.onnx has to be downloaded").contains("2 skipped");

    Path damaged = Files.createDirectories(folder.resolve("damaged/test_data_set_0"));
    Files.write(damaged.resolveSibling("model.onnx"), new byte[] {1, 2, 3});
    assertThat(lathe("conformance", folder)).isEqualTo(1);
    assertThat(err.toString()).contains("damaged: ");
  }

  @Test
  void aFolderWithoutCasesIsUnreadable() {
    assertThat(lathe("conformance", folder)).isEqualTo(3);
    assertThat(lathe("conformance", folder.resolve("absent"))).isEqualTo(3);
  }

  private void twoInputs(String name, float[] sum, float[] difference) throws IOException {
    Path data = Files.createDirectories(folder.resolve(name).resolve("test_data_set_0"));
    TinyModels.twoInputs(data.resolveSibling("model.onnx"));
    tensor(data.resolve("input_0.pb"), "p", 1, 2, 3, 4);
    tensor(data.resolve("input_1.pb"), "q", 4, 3, 2, 1);
    tensor(data.resolve("output_0.pb"), "sum", sum);
    tensor(data.resolve("output_1.pb"), "difference", difference);
  }

  private static void tensor(Path file, String name, float... values) throws IOException {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(TensorProto.DataType.FLOAT_VALUE)
            .addDims(values.length);
    for (float value : values) {
      tensor.addFloatData(value);
    }
    Files.write(file, tensor.build().toByteArray());
  }
}
