package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FactorizeCommandTest extends CommandLineTest {

  private Path model;
  private Path smaller;

  @BeforeEach
  void sample() {
    model = lenet5();
    smaller = folder.resolve("smaller.onnx");
  }

  private int factorize(String options) {
    return transform("factorize", model, smaller, options);
  }

  @Test
  void aModelOfLowRankIsSmallerAndRuns() throws IOException {
    Path json = folder.resolve("factorize.json");
    assertThat(factorize("--rank-ratio 0.25 --json " + json)).as(err::toString).isZero();
    assertThat(out.toString()).contains("MACs before", "svd, rank ratio 0.25");
    assertThat(Files.readString(json)).contains("\"full_ranks\"", "\"macs_before\"");
    assertThat(Files.size(smaller)).isLessThan(Files.size(model));
    assertThat(lathe("verify", smaller.toString())).as(err::toString).isZero();
  }

  @Test
  void layersThatStayAreNamed() {
    assertThat(factorize("--energy 1 --method spatial")).isZero();
    assertThat(out.toString()).contains("kept: fc1: it is no convolution of two axes");
    assertThat(out.toString()).contains("kept: conv1: ", "multiply-accumulates at rank");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--break-even",
        "--energy 0.9 --method tucker2",
        "--rank-ratio 0.5 --method spatial --nodes conv2",
        "--energy 0.9 --exclude fc"
      })
  void everyFormIsAccepted(String options) {
    assertThat(factorize(options)).as(err::toString).isZero();
    assertThat(smaller).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--energy 0",
        "--energy 1.5",
        "--energy NaN",
        "--rank-ratio -1",
        "--energy 0.9 --break-even",
        "--method cp --energy 0.9",
        "--energy 0.9 --nodes nosuchnode",
        "--method svd"
      })
  void nonsenseIsRefusedBeforeAnythingIsWritten(String options) {
    assertThat(factorize(options)).isEqualTo(2);
    assertThat(err.toString()).isNotEmpty();
    assertThat(smaller).doesNotExist();
  }
}
