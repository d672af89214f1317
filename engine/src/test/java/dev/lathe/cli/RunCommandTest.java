package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.data.NpyFile;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class RunCommandTest extends CommandLineTest {

  @Test
  void theOnlyInputNeedsNoNameAndTheOutputBecomesAnArray() throws IOException {
    Path model = TinyModels.scores(folder.resolve("m.onnx"), 0.5f);
    Path x = array("x", new float[] {1, 2, 3, 4}, 2, 2);
    Path y = folder.resolve("y.npy");

    assertThat(lathe("run", model, "--input", x, "-o", y)).isZero();

    Tensor result = NpyFile.read(y);
    assertThat(result.shape().dims()).containsExactly(2, 3);
    assertThat(result.toFloats()).containsExactly(1.5f, 2, 6, 3.5f, 4, 14);
  }

  @Test
  void topShowsTheModelsOwnLabels() throws IOException {
    Path model = TinyModels.scores(folder.resolve("m.onnx"), 0);
    Path x = array("x", new float[] {1, 2}, 1, 2);
    Path report = folder.resolve("run.json");

    assertThat(lathe("run", model, "--input", "x=" + x, "--top", 2, "--json", report)).isZero();

    assertThat(out.toString()).containsPattern("0\\s+1\\s+2\\s+6\\.0*\\s+c");
    Map<?, ?> output = (Map<?, ?>) ((List<?>) json(report).get("outputs")).getFirst();
    assertThat(output.get("name")).isEqualTo("y");
    assertThat(output.get("shape")).isEqualTo(List.of(1, 3));
    List<?> best = (List<?>) ((List<?>) output.get("top")).getFirst();
    assertThat(best).hasSize(2);
    assertThat(((Map<?, ?>) best.getFirst()).get("label")).isEqualTo("c");
  }

  @Test
  void severalInputsAndOutputsGoThroughAnArchiveAndAFolder() throws IOException {
    Path model = TinyModels.twoInputs(folder.resolve("m.onnx"));
    Path archive = folder.resolve("in.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (Path part :
          List.of(
              array("p", new float[] {1, 2, 3, 4}, 4), array("q", new float[] {4, 3, 2, 1}, 4))) {
        zip.putNextEntry(new ZipEntry(part.getFileName().toString()));
        Files.copy(part, zip);
      }
    }
    Path results = folder.resolve("results");

    assertThat(lathe("run", model, "--input", archive, "-o", results)).isZero();

    assertThat(NpyFile.read(results.resolve("sum.npy")).toFloats()).containsExactly(5, 5, 5, 5);
    assertThat(NpyFile.read(results.resolve("difference.npy")).toFloats())
        .containsExactly(-3, -1, 1, 3);
  }

  @Test
  void numpysDefaultTypesAndColumnMajorArraysAreConverted() throws IOException {
    Path model = TinyModels.scores(folder.resolve("m.onnx"), 0);
    Path x = folder.resolve("x.npy");
    String head = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }";
    ByteBuffer bytes = ByteBuffer.allocate(128 + 32).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) 118);
    bytes.put((head + " ".repeat(117 - head.length()) + "\n").getBytes(StandardCharsets.US_ASCII));
    bytes.putDouble(1).putDouble(3).putDouble(2).putDouble(4);
    Files.write(x, bytes.array());
    Path y = folder.resolve("y.npy");

    assertThat(lathe("run", model, "--input", x, "-o", y)).as(err.toString()).isZero();

    assertThat(NpyFile.read(y).toFloats()).containsExactly(1, 2, 6, 3, 4, 14);
    assertThat(err.toString()).contains("input 'x': float64 read as float32");
  }

  @Test
  void imagesAreDecodedAndPreprocessed() throws IOException {
    Path model = folder.resolve("lenet.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model)).isZero();
    Path image = folder.resolve("grey.png");
    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_BYTE_GRAY), "png", image.toFile());

    assertThat(lathe("run", model, "-i", image, image, "--preprocess", "unit", "--top", "1"))
        .as(err.toString())
        .isZero();

    assertThat(out.toString()).contains("2x10");
  }

  @Test
  void wrongTypesShapesAndNamesAreRefused() throws IOException {
    Path model = TinyModels.scores(folder.resolve("m.onnx"), 0);
    Path wide = array("wide", new float[3], 1, 3);
    Path integers = folder.resolve("i.npy");
    NpyFile.write(Tensor.of(new int[2], 1, 2), integers);

    assertThat(lathe("run", model, "--input", wide)).isEqualTo(2);
    assertThat(err.toString()).contains("input 'x' got float32 1x3").contains("fixes it to 2");
    assertThat(lathe("run", model, "--input", integers)).isEqualTo(2);
    assertThat(err.toString()).contains("types differ");
    assertThat(lathe("run", model, "--input", "z=" + wide)).isEqualTo(2);
    assertThat(err.toString()).contains("no input 'z'");
    assertThat(lathe("run", model, "--input", "x=missing.npy")).isEqualTo(3);
    assertThat(err.toString()).contains("missing.npy");
    assertThat(lathe("run", TinyModels.twoInputs(folder.resolve("2.onnx")), "--input", wide))
        .isEqualTo(2);
    assertThat(err.toString()).contains("which input");
  }

  @Test
  void existingOutputsAreKeptUnlessForced() throws IOException {
    Path model = TinyModels.scores(folder.resolve("m.onnx"), 0);
    Path x = array("x", new float[] {1, 2}, 1, 2);
    Path y = array("y", new float[] {7}, 1);

    assertThat(lathe("run", model, "--input", x, "-o", y)).isEqualTo(2);
    assertThat(NpyFile.read(y).toFloats()).containsExactly(7);
    assertThat(lathe("run", model, "--input", x, "-o", y, "--force")).isZero();
    assertThat(NpyFile.read(y).dtype()).isEqualTo(DType.FLOAT32);
    assertThat(NpyFile.read(y).elements()).isEqualTo(3);
  }
}
