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

class WeightOptionsTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder;
  private Path model;
  private Path coded;

  @BeforeEach
  void sample() {
    model = folder.resolve("lenet5.onnx");
    coded = folder.resolve("coded.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model.toString())).isZero();
  }

  private int lathe(String... args) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    return command.execute(args);
  }

  private int run(String command) {
    List<String> args = new ArrayList<>(List.of(command.split(" ")));
    args.add(1, model.toString());
    args.addAll(List.of("-o", coded.toString()));
    return lathe(args.toArray(String[]::new));
  }

  @Test
  void aCodeIsReportedAndTheModelRuns() throws IOException {
    Path json = folder.resolve("codes.json");
    assertThat(run("quantize --weights kmeans:16 --granularity tensor --json " + json)).isZero();
    assertThat(out.toString()).contains("kmeans:16,kmeans++ per tensor", "total", "dB");
    assertThat(Files.readString(json)).contains("\"bits_per_weight\"", "\"sqnr_db\"", "\"before\"");
    assertThat(lathe("verify", coded.toString())).as(err::toString).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--weights int4",
        "--weights int4 --scheme affine --granularity tensor",
        "--weights int12 --scheme maxabs",
        "--weights int4 --granularity block:32",
        "--weights pow2:6,4",
        "--weights fp8e4m3 --nodes fc",
        "--weights ternary --exclude conv1"
      })
  void everyFormIsAccepted(String options) {
    assertThat(run("quantize " + options)).as(err::toString).isZero();
    assertThat(coded).exists();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--weights int0",
        "--weights kmeans:1",
        "--weights kmeans:16 --scheme affine",
        "--weights int4 --scheme ternary",
        "--weights int4 --granularity rows",
        "--weights int4 --granularity block:0",
        "--weights bf16 --granularity tensor",
        "--weights float:9,3",
        "--weights ternary --nodes nosuchnode",
        "--weights fp16 --data nowhere"
      })
  void nonsenseIsExitCodeTwoAndWritesNothing(String options) {
    assertThat(run("quantize " + options)).isEqualTo(2);
    assertThat(err.toString()).startsWith("lathe: ").doesNotContain("\tat ");
    assertThat(coded).doesNotExist();
  }
}
