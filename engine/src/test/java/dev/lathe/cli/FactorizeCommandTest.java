package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class FactorizeCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder;
  private Path model;
  private Path smaller;

  @BeforeEach
  void sample() {
    model = folder.resolve("lenet5.onnx");
    smaller = folder.resolve("smaller.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model.toString())).isZero();
  }

  private int lathe(String... args) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    return command.execute(args);
  }

  private int factorize(String options) {
    List<String> args = new ArrayList<>(List.of("factorize", model.toString()));
    args.addAll(List.of("-o", smaller.toString()));
    args.addAll(List.of(options.split(" ")));
    return lathe(args.toArray(String[]::new));
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
