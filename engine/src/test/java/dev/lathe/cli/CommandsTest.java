package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandsTest extends CommandLineTest {

  @Test
  void sampleWritesAModelThatInspectReads() throws IOException {
    Path model = folder.resolve("lenet5.onnx");
    Path json = folder.resolve("inspect.json");

    assertThat(lathe("sample", "lenet5", "-o", model.toString())).isZero();
    assertThat(lathe("inspect", model.toString(), "--layers", "--json", json.toString())).isZero();

    assertThat(out.toString()).contains("61,706").contains("Conv").contains("conv1");
    assertThat(Files.readString(json))
        .contains("\"parameters\" : 61706")
        .contains("\"macs\" : 416520")
        .contains("\"operators\"")
        .contains("\"layers\"")
        .contains("\"weight_bytes\"");
  }

  @Test
  void statisticsAreShownByConstantAndWrittenByChannel() throws IOException {
    Path json = folder.resolve("statistics.json");
    assertThat(lathe("inspect", lenet5(), "--statistics", "--json", json)).isZero();
    assertThat(out.toString())
        .contains("min .. max", "conv1", "█", "6x1x5x5")
        .doesNotContain("NaN");
    List<?> constants = (List<?>) json(json).get("statistics");
    Map<?, ?> first = (Map<?, ?>) constants.getFirst();
    assertThat((List<?>) first.get("channels")).hasSize(6);
    assertThat((List<?>) first.get("histogram")).hasSize(32);
  }

  @Test
  void existingFilesAreKeptUnlessForced() throws IOException {
    Path model = folder.resolve("m.onnx");
    Files.writeString(model, "precious");

    assertThat(lathe("sample", "lenet5", "-o", model.toString())).isEqualTo(2);
    assertThat(Files.readString(model)).isEqualTo("precious");
    assertThat(err.toString()).contains("--force");

    assertThat(lathe("sample", "lenet5", "-o", model.toString(), "--force")).isZero();
    assertThat(Files.size(model)).isGreaterThan(200_000);
  }

  @Test
  void anUnreadableModelIsExitCodeThreeWithoutAStackTrace() throws IOException {
    Path model = folder.resolve("m.onnx");
    Files.writeString(model, "this is not a model");

    assertThat(lathe("inspect", model.toString())).isEqualTo(3);
    assertThat(err.toString()).contains("m.onnx").doesNotContain("\tat ");

    assertThat(lathe("inspect", folder.resolve("missing.onnx").toString())).isEqualTo(3);
    assertThat(err.toString()).contains("missing.onnx");
  }

  @Test
  void debugPrintsTheStackTrace() throws IOException {
    Path model = folder.resolve("m.onnx");
    Files.writeString(model, "this is not a model");

    assertThat(lathe("inspect", model.toString(), "--debug")).isEqualTo(3);
    assertThat(err.toString()).contains("\tat ");
  }

  @Test
  void wrongUsageIsExitCodeTwo() {
    assertThat(lathe("inspect")).isEqualTo(2);
    assertThat(lathe("inspct", "x.onnx")).isEqualTo(2);
    assertThat(lathe("env", "--isa", "mmx")).isEqualTo(2);
    assertThat(err.toString()).contains("unknown instruction set 'mmx'").contains("inspect");
  }

  @Test
  void envAndKernelsListTheScalarTier() throws IOException {
    Path json = folder.resolve("env.json");

    assertThat(lathe("env", "--json", json.toString())).isZero();
    assertThat(lathe("kernels", "--isa", "scalar")).isZero();

    assertThat(out.toString()).contains("scalar").contains("__scalar");
    assertThat(Files.readString(json))
        .contains("\"cpu\"")
        .contains("\"isa\"")
        .contains("\"threads\"")
        .contains("\"jvm\"")
        .contains("\"native\"");
  }
}
