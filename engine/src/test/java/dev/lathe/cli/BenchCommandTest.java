package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchCommandTest extends CommandLineTest {

  @Test
  void twoModelsGiveTheContractsFieldsAProfileAndATrace() throws IOException {
    Path first = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path second = TinyModels.scores(folder.resolve("b.onnx"), 1);
    Path report = folder.resolve("bench.json");
    Path trace = folder.resolve("trace.json");

    int exit =
        lathe(
            "bench",
            first,
            second,
            "--isa",
            "scalar",
            "--batch",
            "4",
            "--warmup",
            "100ms",
            "--blocks",
            "30",
            "--profile",
            "--trace",
            trace,
            "--json",
            report);

    assertThat(exit).as(err.toString()).isZero();
    Map<String, Object> json = json(report);
    Map<?, ?> run = (Map<?, ?>) ((List<?>) json.get("runs")).getFirst();
    assertThat(run.get("engine")).isEqualTo("lathe");
    assertThat(run.get("threads")).isEqualTo(1);
    assertThat(run.get("isa")).isEqualTo("scalar");
    assertThat(run.get("macs")).isEqualTo(4 * 2 * 3);
    assertThat(((Map<?, ?>) run.get("latency_ms")).keySet().stream().map(String::valueOf))
        .contains("min", "p50", "p90", "p95", "p99");
    assertThat(run.containsKey("gmacs")).isTrue();
    assertThat((Double) run.get("first_inference_ms")).isPositive();
    Map<?, ?> ratio = (Map<?, ?>) ((List<?>) json.get("ratios")).getFirst();
    assertThat(ratio.get("a")).isEqualTo("a.onnx");
    assertThat(ratio.get("b")).isEqualTo("b.onnx");
    assertThat(ratio.get("blocks")).isEqualTo(30);
    assertThat((List<?>) ratio.get("ci95")).hasSize(2);
    assertThat(out.toString()).contains("f32_brgemm").contains("__scalar").contains("peak");
    assertThat(json(trace).get("traceEvents").toString()).contains("kernel=f32_brgemm");
  }

  @Test
  void oneModelIsTimedByItself() throws IOException {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path report = folder.resolve("bench.json");

    assertThat(lathe("bench", model, "--warmup", "100ms", "--iterations", "20", "--json", report))
        .isZero();

    Map<?, ?> run = (Map<?, ?>) ((List<?>) json(report).get("runs")).getFirst();
    assertThat(((Map<?, ?>) run.get("latency_ms")).get("samples")).isEqualTo(20);
    assertThat((List<?>) json(report).get("ratios")).isEmpty();
  }

  @Test
  void anAbsentPeerIsExplainedAndNothingIsWritten() throws IOException {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path report = folder.resolve("bench.json");

    assertThat(lathe("bench", model, "--peer", "nobody", "--json", report)).isEqualTo(2);

    assertThat(err.toString()).contains("no peer 'nobody'").contains("bench.jar");
    assertThat(Files.exists(report)).isFalse();
  }

  @Test
  void shapesAreCheckedAgainstTheModel() {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);

    assertThat(lathe("bench", model, "--shape", "x[2,9]")).isEqualTo(2);
    assertThat(err.toString()).contains("fixes it to 2");
    assertThat(lathe("bench", model, "--shape", "z[2,2]")).isEqualTo(2);
    assertThat(err.toString()).contains("no input 'z'");
    assertThat(lathe("bench", model, "--dim", "height:3")).isEqualTo(2);
    assertThat(err.toString()).contains("no dimension 'height'");
    assertThat(lathe("bench", model, "--time", "1s", "--blocks", "40")).isEqualTo(2);
    assertThat(lathe("bench", model, "--time", "soon")).isEqualTo(2);
    assertThat(err.toString()).contains("500ms");
  }
}
