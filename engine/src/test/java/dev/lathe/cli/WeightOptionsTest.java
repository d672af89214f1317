package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightOptionsTest extends CommandLineTest {

  private Path model;
  private Path coded;

  @BeforeEach
  void sample() {
    model = lenet5();
    coded = folder.resolve("coded.onnx");
  }

  private int quantize(String options) {
    return transform("quantize", model, coded, options);
  }

  @Test
  void aCodeIsReportedAndTheModelRuns() throws IOException {
    Path json = folder.resolve("codes.json");
    assertThat(quantize("--weights kmeans:16 --granularity tensor --json " + json)).isZero();
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
        "--weights int6 --scheme linear",
        "--weights int4 --granularity block:32",
        "--weights pow2:6,4",
        "--weights pow2:6,class",
        "--weights fp8e4m3 --nodes fc",
        "--weights ternary --exclude conv1"
      })
  void everyFormIsAccepted(String options) {
    assertThat(quantize(options)).as(err::toString).isZero();
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
    assertThat(quantize(options)).isEqualTo(2);
    assertThat(err.toString()).startsWith("lathe: ").doesNotContain("\tat ");
    assertThat(coded).doesNotExist();
  }
}
