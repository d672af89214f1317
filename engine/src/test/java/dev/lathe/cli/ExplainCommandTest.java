package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExplainCommandTest extends CommandLineTest {

  @Test
  void aModelIsExplainedFromItsMeasuredLayers() throws IOException {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path report = folder.resolve("explain.json");
    Path page = folder.resolve("explain.html");

    int exit =
        lathe(
            "explain",
            model,
            "--batch",
            "4",
            "--warmup",
            "100ms",
            "--trials",
            "1",
            "--json",
            report,
            "--html",
            page);

    assertThat(exit).as(err.toString()).isZero();
    assertThat(out.toString()).contains("at the roofline").contains("of roofline");
    Map<String, Object> json = json(report);
    Map<?, ?> layer = (Map<?, ?>) ((List<?>) json.get("layers")).getFirst();
    assertThat(layer.get("name")).isEqualTo("product");
    assertThat((Double) layer.get("us")).isPositive();
    assertThat((Double) layer.get("roofline_us")).isPositive();
    Map<?, ?> step = (Map<?, ?>) ((List<?>) layer.get("steps")).getFirst();
    assertThat(step.get("macs")).isEqualTo(4 * 2 * 3);
    assertThat(((List<?>) json.get("causes")).size() + ((List<?>) json.get("unconfirmed")).size())
        .isPositive();
    assertThat(Files.readString(page)).contains("Why a.onnx takes its time").contains("<svg");
  }

  @Test
  void filesAreNotOverwrittenAndOptionsAreChecked() throws IOException {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path page = Files.writeString(folder.resolve("mine.html"), "mine");

    assertThat(lathe("explain", model, "--html", page)).isEqualTo(2);
    assertThat(Files.readString(page)).isEqualTo("mine");
    assertThat(lathe("explain", model, "--trials", "-1")).isEqualTo(2);
    assertThat(err.toString()).contains("--trials");
    assertThat(lathe("explain", model, "--isa", "neon")).isEqualTo(2);
    assertThat(lathe("explain", folder.resolve("none.onnx"))).isEqualTo(3);
  }
}
