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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    Path shared = folder.resolve("h.onnx");
    assertThat(lathe("share", model, "-o", shared, "--codes", 8, "--data", data, "--samples", 16))
        .as(err::toString)
        .isZero();
    rebuilds(shared, "--data", data);
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

  /** Samples that nothing looks at, and how to read samples that are not there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prune    | --sparsity 0.5 --data D            | l1 of weight, sparsity 0.5",
        "prune    | --granularity channel --sparsity 0.5 --data D | does not look at samples",
        "prune    | --sparsity 0.5 --batch 4           | --batch has no meaning here",
        "prune    | --sparsity 0.5 --seed 4            | --seed has no meaning here",
        "share    | --method layers --tolerance 0.1 --data D | does not look at samples",
        "share    | --codes 4 --samples 9              | --samples has no meaning here",
        "quantize | --weights ternary --activations none --data D | does not look at samples",
        "quantize | --activations none --repair equalize --data D | does not look at samples",
        "quantize | --max-memory 1M                    | --max-memory has no meaning here",
        "quantize | --preprocess none                  | --preprocess has no meaning here",
        "quantize | --activations none --calibration-state S --data D | does not look at samples",
        "compress | --recipe R --data D                | does not look at samples",
        "compress | --recipe R --samples 3             | --samples has no meaning here"
      })
  void optionsWithoutUseAreRefused(String verb, String options, String message) throws IOException {
    Path recipe = recipe("steps: [prune: {sparsity: 0.5}]");
    String given =
        options
            .replaceAll(" D\\b", " " + data)
            .replaceAll(" R\\b", " " + recipe)
            .replaceAll(" S\\b", " " + folder.resolve("state"));
    Path made = folder.resolve("made.onnx");
    assertThat(transform(verb, model, made, given)).as(out::toString).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(made).doesNotExist();
  }

  @Test
  void filesThatCannotBeReadSayWhy() {
    Path made = folder.resolve("made.onnx");
    assertThat(transform("compress", model, made, "--recipe " + folder.resolve("none")))
        .isEqualTo(3);
    assertThat(transform("compress", model, made, "--recipe " + folder)).isEqualTo(3);
    assertThat(transform("compress", model, made, "--recipe " + data)).isEqualTo(3);
    assertThat(transform("quantize", model, made, "--mixed " + folder.resolve("no.json")))
        .isEqualTo(3);
    assertThat(transform("quantize", folder, made, "--weights int8")).isEqualTo(3);
    assertThat(err.toString())
        .contains("no such file or folder: " + folder.resolve("none"))
        .contains("no such file or folder: " + folder.resolve("no.json"))
        .contains("it is a folder", "it is no text in UTF-8")
        .doesNotContain("java.", "Exception");
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
    err.getBuffer().setLength(0);
    assertThat(lathe("verify", altered, "--isa", "scalar", "--samples", 1)).isEqualTo(3);
    assertThat(err.toString()).contains("content was altered", "altered.onnx");
    assertThat(lathe("verify", pruned, "--isa", "scalar", "--samples", 1)).isZero();
    assertThat(out.toString()).contains("content  as it was written, SHA-256 ");
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
