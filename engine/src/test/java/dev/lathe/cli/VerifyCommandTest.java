package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerifyCommandTest extends CommandLineTest {

  @Test
  void everyTierAndThreadCountGivesTheSameBits() throws IOException {
    Path model = folder.resolve("lenet5.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model)).isZero();
    Path report = folder.resolve("verify.json");

    assertThat(lathe("verify", model, "--samples", "2", "--threads", "2", "--json", report))
        .as(err.toString())
        .isZero();

    Map<String, Object> json = json(report);
    assertThat(json.get("identical")).isEqualTo(true);
    assertThat((List<?>) json.get("cases"))
        .extracting(each -> ((Map<?, ?>) each).get("isa") + "/" + ((Map<?, ?>) each).get("threads"))
        .startsWith("scalar/2");
  }

  @Test
  void anotherModelBeyondTheToleranceIsExitCodeFive() throws IOException {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);
    Path same = TinyModels.scores(folder.resolve("b.onnx"), 0);
    Path shifted = TinyModels.scores(folder.resolve("c.onnx"), 0.25f);
    Path report = folder.resolve("verify.json");

    assertThat(lathe("verify", model, "--against", same, "--isa", "scalar")).isZero();
    assertThat(lathe("verify", model, "--against", shifted, "--isa", "scalar", "--json", report))
        .isEqualTo(5);

    assertThat(err.toString()).contains("output 'y' differs by").contains("--tolerance");
    Map<?, ?> against = (Map<?, ?>) ((List<?>) json(report).get("against")).getFirst();
    Map<?, ?> output = (Map<?, ?>) ((List<?>) against.get("outputs")).getFirst();
    assertThat((Double) output.get("max_abs")).isCloseTo(0.25, within(1e-6));
    assertThat(
            lathe(
                "verify",
                model,
                "--against",
                shifted,
                "--isa",
                "scalar",
                "--tolerance",
                "10",
                "--argmax",
                "0"))
        .isZero();
  }

  @Test
  void unavailableTiersAndAbsentPeersAreRefused() {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);

    assertThat(lathe("verify", model, "--isa", "neondot")).isEqualTo(2);
    assertThat(lathe("verify", model, "--isa", "scalar", "--peer", "nobody")).isEqualTo(2);
    assertThat(err.toString()).contains("neondot").contains("no peer 'nobody'");
  }

  @Test
  void limitsThatSayNothingAreRefused() {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);

    assertThat(lathe("verify", model, "--samples", "0")).isEqualTo(2);
    assertThat(lathe("diff", model, model, "--samples", "0")).isEqualTo(2);
    assertThat(lathe("verify", model, "--tolerance", "-1")).isEqualTo(2);
    assertThat(lathe("verify", model, "--tolerance", "NaN")).isEqualTo(2);
    assertThat(lathe("verify", model, "--argmax", "101")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--samples must be at least 1")
        .contains("--tolerance must be 0 or more")
        .contains("--argmax must be 0 to 100");
  }

  @Test
  void regularExpressionsThatAreNoneAreRefusedInWords() {
    Path model = TinyModels.scores(folder.resolve("a.onnx"), 0);

    assertThat(lathe("prune", model, "-o", folder.resolve("b.onnx"), "--nodes", "(")).isEqualTo(2);
    assertThat(err.toString())
        .contains("'(' is no regular expression: Unclosed group")
        .doesNotContain("Exception");
  }
}
