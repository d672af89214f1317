package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShareCommandTest extends CommandLineTest {

  private Path model;
  private Path shared;

  @BeforeEach
  void sample() {
    model = lenet5();
    shared = folder.resolve("shared.onnx");
  }

  private int share(String options) {
    return transform("share", model, shared, options);
  }

  @Test
  void aCodebookIsReportedAndTheModelRuns() throws IOException {
    Path json = folder.resolve("share.json");
    assertThat(share("--codes 16 --start density --json " + json)).as(err::toString).isZero();
    assertThat(out.toString()).contains("kmeans:16,density per tensor", "total");
    assertThat(Files.readString(json))
        .contains("\"share\" : \"kmeans:16,density per tensor\"", "\"bytes_after\"", "\"after\"");
    assertThat(lathe("verify", shared.toString())).as(err::toString).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--granularity channel --nodes conv",
        "--method hash --codes 64 --seed 3",
        "--method filters --tolerance 0.2",
        "--method layers --tolerance 0"
      })
  void everyFormIsAccepted(String options) {
    assertThat(share(options)).as(err::toString).isZero();
    assertThat(shared).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--codes 1",
        "--codes many",
        "--start random",
        "--method hash",
        "--method filters",
        "--method filters --tolerance 1",
        "--method layers --tolerance NaN",
        "--method layers --tolerance 0.1 --codes 16",
        "--codes 16 --tolerance 0.1",
        "--codes 16 --seed 1",
        "--method hash --codes 16 --start linear",
        "--granularity rows",
        "--method pairs",
        "--nodes nosuchnode"
      })
  void nonsenseIsExitCodeTwoAndWritesNothing(String options) {
    assertThat(share(options)).isEqualTo(2);
    assertThat(err.toString()).startsWith("lathe: ").doesNotContain("\tat ");
    assertThat(shared).doesNotExist();
  }

  @Test
  void aDryRunWritesNothing() {
    assertThat(lathe("share", model.toString(), "--dry-run")).isZero();
    assertThat(share("--dry-run")).isZero();
    assertThat(shared).doesNotExist();
  }
}
