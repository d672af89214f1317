package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Recipes on the command line, and files made again from them. */
class RebuildCommandTest extends CommandLineTest {

  private Path model;
  private Path data;

  @BeforeEach
  void files() throws IOException {
    model = Files.write(folder.resolve("m.onnx"), SampleData.MODEL.bytes());
    for (SampleData file : SampleData.values()) {
      Files.write(folder.resolve(file.fileName()), file.bytes());
    }
    data = folder.resolve(SampleData.CALIBRATION_IMAGES.fileName());
  }

  private Path recipe(String text) throws IOException {
    return Files.writeString(folder.resolve("r.yaml"), text);
  }

  private void rebuilds(Path file, Object... more) {
    Object[] args = new Object[4 + more.length];
    args[0] = "rebuild";
    args[1] = file;
    args[2] = "--from";
    args[3] = model;
    System.arraycopy(more, 0, args, 4, more.length);
    assertThat(lathe(args)).as(err::toString).isZero();
    assertThat(out.toString()).contains("the same file, byte for byte: " + file);
  }

  @Test
  void everyVerbWritesWhatMakesItAgain() throws IOException {
    Path recipe = recipe("{samples: 32, steps: [simplify, prune: {sparsity: 0.5}, quantize: {}]}");
    Path all = folder.resolve("all.lathe");
    Path json = folder.resolve("all.json");
    assertThat(
            lathe("compress", model, "-o", all, "--recipe", recipe, "--data", data, "--json", json))
        .as(err::toString)
        .isZero();
    assertThat(out.toString()).contains("1 simplify", "2 prune", "3 quantize", "compact bytes");
    assertThat(Files.readString(json)).contains("\"compact_bytes\"", "\\\"samples\\\":32");
    rebuilds(all, "--data", data);
    Path pruned = folder.resolve("p.onnx");
    assertThat(
            lathe(
                "prune",
                model,
                "-o",
                pruned,
                "--method",
                "random",
                "--seed",
                3,
                "--sparsity",
                0.4,
                "--granularity",
                "kernel",
                "--nodes",
                "onv"))
        .isZero();
    rebuilds(pruned);
    Path coded = folder.resolve("q.lathe");
    assertThat(lathe("quantize", model, "-o", coded, "--weights", "kmeans:4", "--compact", "fast"))
        .isZero();
    rebuilds(coded, "-o", folder.resolve("again.lathe"));
    assertThat(folder.resolve("again.lathe")).hasSameBinaryContentAs(coded);
    Path simple = folder.resolve("s.onnx");
    assertThat(lathe("simplify", model, "-o", simple, "--fold-batch-norm")).isZero();
    rebuilds(simple);
  }

  @Test
  void aDryRunWritesNothing() throws IOException {
    Path recipe = recipe("steps: [prune: {sparsity: 0.5}]");
    assertThat(lathe("compress", model, "--recipe", recipe, "--dry-run")).isZero();
    assertThat(out.toString()).contains("1 prune").doesNotContain("wrote");
    assertThat(lathe("compress", model, "--recipe", recipe)).isEqualTo(2);
    assertThat(lathe("compress", model, "-o", folder.resolve("x"), "--recipe", "none"))
        .isEqualTo(3);
  }

  @Test
  void whatWasAlteredIsRefused() throws IOException {
    Path pruned = folder.resolve("p.onnx");
    assertThat(lathe("prune", model, "-o", pruned, "--sparsity", 0.4)).isZero();
    Network network = ModelFiles.read(pruned);
    Map<String, Tensor> constants = new LinkedHashMap<>(network.graph().constants());
    String first = constants.keySet().iterator().next();
    float[] values = constants.get(first).toFloats();
    values[0] += 1;
    constants.put(first, Tensor.of(values, constants.get(first).shape().dims()));
    Path altered = folder.resolve("altered.onnx");
    OnnxWriter.write(
        network.withGraph(network.graph().withConstants(constants)), altered, Overwrite.FAIL);
    assertThat(lathe("rebuild", altered, "--from", model)).isEqualTo(3);
    assertThat(err.toString()).contains("content was altered", "altered.onnx");
    assertThat(lathe("rebuild", model, "--from", model)).isEqualTo(3);
    assertThat(err.toString()).contains("does not say how it was made");
    assertThat(lathe("rebuild", pruned, "--from", pruned)).isEqualTo(3);
    assertThat(err.toString()).contains("made of another model");
  }

  @Test
  void otherSamplesAreRefused() throws IOException {
    Path made = folder.resolve("q.onnx");
    assertThat(lathe("quantize", model, "-o", made, "--data", data, "--samples", 16))
        .as(err::toString)
        .isZero();
    rebuilds(made, "--data", data);
    assertThat(lathe("rebuild", made, "--from", model)).isEqualTo(2);
    assertThat(err.toString()).contains("made with samples");
    Path other = data.resolveSibling(SampleData.EVALUATION_IMAGES.fileName());
    assertThat(lathe("rebuild", made, "--from", model, "--data", other)).isEqualTo(3);
    assertThat(err.toString()).contains("other samples", "sha256");
  }
}
