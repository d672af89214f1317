package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.sample.SampleData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PruneCommandTest extends CommandLineTest {

  private Path model;
  private Path pruned;

  @BeforeEach
  void sample() {
    model = lenet5();
    pruned = folder.resolve("pruned.onnx");
  }

  private int prune(String options) {
    return transform("prune", model, pruned, options);
  }

  @Test
  void aPrunedModelHasTheSparsityAskedForAndRuns() throws IOException {
    Path json = folder.resolve("prune.json");
    assertThat(prune("--sparsity 0.8 --json " + json)).isZero();
    assertThat(out.toString()).contains("80.00 %").contains("total").contains("kept: conv1");
    assertThat(Files.readString(json)).contains("\"sparsity\" : 0.8").contains("\"zeroed_groups\"");
    assertThat(lathe("verify", pruned.toString())).as(err::toString).isZero();
  }

  @Test
  void aModelWithoutSomeChannelsIsSmallerAndRuns() throws IOException {
    Path json = folder.resolve("prune.json");
    assertThat(prune("--granularity channel --target-macs 0.7 --json " + json)).isZero();
    assertThat(out.toString()).contains("channels", "MACs", "kept: logits: its channels are");
    assertThat(Files.readString(json)).contains("\"channels_before\" : 6", "\"file_bytes\"");
    assertThat(Files.size(pruned)).isLessThan(Files.size(model));
    assertThat(lathe("verify", pruned.toString())).as(err::toString).isZero();
  }

  @Test
  void asMuchIsPrunedAsTheSpeedAskedForTakes() throws IOException {
    Path json = folder.resolve("prune.json");
    model = folder.resolve("sample.onnx");
    Files.write(model, SampleData.MODEL.bytes());
    assertThat(prune("--target-speedup 1.1 --json " + json)).as(err::toString).isZero();
    assertThat(out.toString()).contains("chosen", "asked 1.10x, forecast 1.", "measured");
    assertThat(Files.readString(json))
        .contains("\"asked\" : 1.1", "\"measured_ci95\"", "\"candidates\"", "\"loss\"");
    assertThat(lathe("rebuild", pruned.toString(), "--from", model.toString()))
        .as(err::toString)
        .isZero();

    assertThat(lathe("prune", model.toString(), "--target-speedup", "500", "--dry-run"))
        .isEqualTo(2);
    assertThat(err.toString())
        .containsPattern("with 95 % zeros in every layer .* the forecast is \\d+\\.\\d+x at most");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method l2 --granularity 4x4 --sparsity 0.5 --global",
        "--method threshold --threshold 0.01",
        "--method random --seed 7 --sparsity 0.5 --granularity kernel",
        "--granularity 2:4",
        "--granularity filter --sparsity 0.3 --nodes conv --exclude conv2",
        "--granularity channel --sparsity 0.3 --method random",
        "--granularity channel --sparsity 0.3 --global --round-to 4",
        "--granularity channel --target-macs 0.5 --method sampled"
      })
  void everyFormIsAccepted(String options) {
    assertThat(prune(options)).as(err::toString).isZero();
    assertThat(pruned).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--sparsity 1.2",
        "--target-speedup 1",
        "--target-speedup NaN",
        "--target-speedup 2 --sparsity 7",
        "--target-speedup 2 --granularity 2:4",
        "--target-speedup 2 --granularity channel",
        "--target-speedup 2 --granularity 5by4",
        "--target-speedup 2 --method threshold --threshold 1",
        "--target-speedup 2 --schedule end:9,frequency:1,to:0.5",
        "--schedule end:9,frequency:1,to:0.5 --sparsity 0.5",
        "--schedule end:9,frequency:1,to:0.5 --granularity channel",
        "--schedule end:9,frequency:1,to:0.5 --granularity 2:4",
        "--schedule end:9,frequency:1,to:0.5 --granularity operation --target-macs 0.5",
        "--schedule end:9,frequency:1,to:0.5 --method threshold --threshold 1",
        "--schedule end:9,frequency:2,to:0.5",
        "--schedule end:9,end:8,frequency:1,to:0.5",
        "--schedule end=9",
        "--sparsity -1",
        "--sparsity NaN",
        "--sparsity much",
        "--sparsity 0.5 --nodes nosuchnode",
        "--sparsity 0.5 --exclude nosuchnode",
        "--sparsity 0.5 --method l3",
        "--sparsity 0.5 --granularity 2by4",
        "--sparsity 0.5 --threshold 1",
        "--method threshold",
        "--method threshold --threshold -1",
        "--method threshold --threshold 1 --global",
        "--granularity 5:4",
        "--granularity channel",
        "--granularity channel --sparsity 1",
        "--granularity channel --sparsity 0.5 --target-macs 0.5",
        "--granularity channel --target-macs 0",
        "--granularity channel --sparsity 0.5 --round-to 0",
        "--granularity channel --sparsity 0.5 --method bn-gamma",
        "--granularity channel --method threshold --threshold 1",
        "--granularity filter --sparsity 0.5 --round-to 8",
        "--granularity filter --sparsity 0.5 --method bn-gamma",
        "--granularity 2:4 --sparsity 0.5",
        "--method l1"
      })
  void nonsenseIsExitCodeTwoAndWritesNothing(String options) {
    assertThat(prune(options)).isEqualTo(2);
    assertThat(err.toString()).startsWith("lathe: ").doesNotContain("\tat ");
    assertThat(pruned).doesNotExist();
  }

  @Test
  void aDryRunWritesNothing() {
    assertThat(lathe("prune", model.toString(), "--sparsity", "0.5", "--dry-run")).isZero();
    assertThat(prune("--sparsity 0.5 --dry-run")).isZero();
    assertThat(out.toString()).contains("50.00 %").doesNotContain("wrote " + pruned);
    assertThat(pruned).doesNotExist();
  }

  @Test
  void aDryRunSaysTheSparsityOfEveryPruning() throws IOException {
    Path json = folder.resolve("schedule.json");
    String schedule = "--schedule end:1000,frequency:250,to:0.8 --json " + json;
    assertThat(prune(schedule + " --dry-run")).as(err::toString).isZero();
    assertThat(out.toString())
        .contains("training step", "46.25 %", "78.75 %", "warning: nothing is trained here");
    assertThat(Files.readString(json))
        .contains("\"schedule\"", "\"step\" : 750", "\"sparsity\" : 0.8");
    assertThat(prune(schedule + " --force")).as(err::toString).isZero();
    assertThat(out.toString()).contains("80.00 %");
    assertThat(lathe("rebuild", pruned.toString(), "--from", model.toString()))
        .as(err::toString)
        .isZero();
    Path recipe = folder.resolve("schedule.yaml");
    Files.writeString(
        recipe, "steps: [{prune: {schedule: {end: 4, frequency: 2, to: 0.6, curve: linear}}}]");
    assertThat(lathe("compress", model.toString(), "--recipe", recipe.toString(), "--dry-run"))
        .as(err::toString)
        .isZero();
    assertThat(out.toString()).contains("training step", "30.00 %", "60.00 %");
  }

  @Test
  void aDryRunSaysWhatPays() throws IOException {
    Path json = folder.resolve("prune.json");
    assertThat(prune("--sparsity 0.4 --nodes conv2 --dry-run --isa vector128 --json " + json))
        .as(err::toString)
        .isZero();
    assertThat(out.toString())
        .contains("weight pays", "4x4 pays", "these together", "1.00x", "predicted from")
        .contains("warning: conv2: 40 % zeros run no faster than dense");
    assertThat(Files.readString(json))
        .contains("\"break_even_4x4\"", "\"predicted_speedup\" : 1.0");
    assertThat(prune("--sparsity 0.4 --isa vector128")).isZero();
    assertThat(out.toString()).contains("no faster than dense; --dry-run says what pays");
    assertThat(prune("--sparsity 0.4 --dry-run --isa scalar --force")).isZero();
    assertThat(out.toString()).contains("no speed predicted: no pruned layer can run on sparse");
  }

  @Test
  void theSameCommandWritesTheSameBytes() throws IOException {
    assertThat(prune("--method random --sparsity 0.5")).isZero();
    byte[] once = Files.readAllBytes(pruned);
    assertThat(prune("--method random --sparsity 0.5")).as("not over a file").isEqualTo(2);
    assertThat(prune("--method random --sparsity 0.5 --force")).isZero();
    assertThat(Files.readAllBytes(pruned)).isEqualTo(once);
  }
}
