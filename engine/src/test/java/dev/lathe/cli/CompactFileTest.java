package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.file.ModelFiles;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.sample.SampleData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compact files wherever a command takes or writes a model. */
class CompactFileTest extends CommandLineTest {

  private Path compact;

  @BeforeEach
  void sample() {
    compact = folder.resolve("sample.lathe");
    assertThat(lathe("sample", "fashion-cnn", "-o", compact)).as(err::toString).isZero();
  }

  @Test
  void isTheSampleAndSmaller() throws IOException {
    assertThat(OnnxWriter.toBytes(ModelFiles.read(compact))).isEqualTo(SampleData.MODEL.bytes());
    assertThat(Files.size(compact)).isLessThan(SampleData.MODEL.bytes().length);
  }

  @Test
  void everyVerbReadsIt() throws IOException {
    Path onnx = folder.resolve("sample.onnx");
    Files.write(onnx, SampleData.MODEL.bytes());
    assertThat(lathe("inspect", compact)).as(err::toString).isZero();
    assertThat(lathe("doctor", compact)).as(err::toString).isZero();
    assertThat(lathe("verify", compact, "--against", onnx)).as(err::toString).isZero();
    assertThat(lathe("prune", compact, "--sparsity", 0.5, "--dry-run")).isZero();
  }

  @Test
  void quantizesIntoIt() throws IOException {
    Path onnx = folder.resolve("q.onnx");
    Path small = folder.resolve("q.lathe");
    Path fast = folder.resolve("fast.lathe");
    Path json = folder.resolve("q.json");
    assertThat(lathe("quantize", compact, "--weights", "int4", "-o", onnx)).isZero();
    assertThat(lathe("quantize", compact, "--weights", "int4", "-o", small, "--json", json))
        .isZero();
    assertThat(lathe("quantize", compact, "--weights", "int4", "-o", fast, "--compact", "fast"))
        .isZero();
    assertThat(OnnxWriter.toBytes(ModelFiles.read(small))).isEqualTo(Files.readAllBytes(onnx));
    assertThat(OnnxWriter.toBytes(ModelFiles.read(fast))).isEqualTo(Files.readAllBytes(onnx));
    assertThat(Files.size(small)).isLessThan(Files.size(fast)).isLessThan(Files.size(onnx));
    assertThat(Files.readString(json)).contains("\"compact_bytes\" : " + Files.size(small));
    assertThat(out.toString()).contains("compact bytes");
  }

  @Test
  void refusesNonsense() throws IOException {
    Path onnx = folder.resolve("q.onnx");
    assertThat(lathe("prune", compact, "--sparsity", 0.5, "-o", onnx, "--compact", "fast"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--compact has no meaning here");
    assertThat(lathe("prune", compact, "--sparsity", 0.5, "-o", compact)).isEqualTo(2);
    assertThat(lathe("sample", "lenet5")).isEqualTo(2);
    byte[] bytes = Files.readAllBytes(compact);
    bytes[bytes.length / 2] ^= 4;
    Files.write(compact, bytes);
    assertThat(lathe("inspect", compact)).isEqualTo(3);
    assertThat(err.toString()).contains("altered", "sample.lathe");
    assertThat(onnx).doesNotExist();
    assertThat(OnnxReader.read(SampleData.MODEL.bytes())).isNotNull();
  }
}
