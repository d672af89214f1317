package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.sample.SampleData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DiffCommandTest extends CommandLineTest {

  private Path model;

  @BeforeEach
  void sample() throws IOException {
    model = Files.write(folder.resolve("m.onnx"), SampleData.MODEL.bytes());
  }

  /** Keeps the output of the last command only. */
  @Override
  int lathe(Object... args) {
    out.getBuffer().setLength(0);
    return super.lathe(args);
  }

  @Test
  void theSameModelInAnotherFormatIsTheSame() {
    Path compact = folder.resolve("m.lathe");
    assertThat(lathe("sample", "fashion-cnn", "-o", compact)).isZero();
    assertThat(lathe("diff", model, compact, "--check", "--random", 2)).isZero();
    assertThat(out.toString()).contains("the same model", "100.00");
  }

  @Test
  void pruningChangesValuesOnly() throws IOException {
    model = folder.resolve("lenet5.onnx"); // the sample has Constant nodes, which pruning lifts
    assertThat(lathe("sample", "lenet5", "-o", model)).isZero();
    Path pruned = folder.resolve("p.onnx");
    Path json = folder.resolve("d.json");
    assertThat(lathe("prune", model, "-o", pruned, "--sparsity", 0.5)).isZero();
    assertThat(lathe("diff", model, pruned, "--json", json)).isZero();
    assertThat(out.toString())
        .contains("metadata lathe.prune: added", "changed", "SQNR", "compact bytes")
        .doesNotContain("node ", "removed", "operator");
    assertThat(Files.readString(json))
        .contains("\"nodes\" : [ ]", "\"same_content\" : false", "\"sqnr_db\"", "\"differing\"");
    assertThat(lathe("diff", model, pruned, "--check")).isEqualTo(5);
  }

  @Test
  void quantizationChangesNodes() {
    Path quantized = folder.resolve("q.onnx");
    assertThat(lathe("quantize", model, "-o", quantized)).isZero();
    assertThat(lathe("diff", model, quantized, "--random", 4)).isZero();
    assertThat(out.toString())
        .contains("added", "DequantizeLinear", "inputs: [", "removed  float32", "max abs");
    assertThat(lathe("diff", quantized, model, "--all")).isZero();
    assertThat(out.toString()).contains("removed  DequantizeLinear").doesNotContain("more nodes");
  }

  @Test
  void agreementOnSamplesHasIntervals() throws IOException {
    Path data = Files.write(folder.resolve("images-idx3-ubyte"), idx(20));
    Path binary = folder.resolve("b.onnx");
    Path json = folder.resolve("d.json");
    assertThat(lathe("quantize", model, "-o", binary, "--weights", "binary")).isZero();

    assertThat(lathe("diff", model, model, "--data", data)).isZero();
    assertThat(out.toString())
        .containsPattern("top-1 of A, %\\s+100.00\\s+100.00 .. 100.00")
        .containsPattern("KL from A\\s+0.00e\\+00");
    assertThat(lathe("diff", model, binary, "--data", data, "--json", json)).isZero();
    assertThat(out.toString())
        .contains("20 samples")
        .doesNotContainPattern("KL from A\\s+0.00e\\+00");
    assertThat(Files.readString(json)).contains("\"agreement\"", "\"kl_ci95\"");
  }

  /** Images of 28 x 28 in which other pixels are set. */
  private static byte[] idx(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(16 + count * 784);
    bytes.putInt(0x803).putInt(count).putInt(28).putInt(28);
    byte[] pixels = new byte[count * 784];
    new Random(4).nextBytes(pixels);
    return bytes.put(pixels).array();
  }

  @Test
  void nonsenseIsRefused() {
    assertThat(lathe("diff", model, model, "--random", 0)).isEqualTo(2);
    assertThat(lathe("diff", model, model, "--random", 1, "--data", model)).isEqualTo(2);
    assertThat(lathe("diff", model, folder.resolve("none"))).isEqualTo(3);
    assertThat(lathe("diff", model)).isEqualTo(2);
    out.getBuffer().setLength(0);
    assertThat(lathe("diff", model, model, "--data", folder.resolve("none"))).isEqualTo(3);
    assertThat(out.toString()).isEmpty();
  }
}
