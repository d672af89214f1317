package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.Model;
import dev.lathe.Session;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.compress.weights.ConstantNodes;
import dev.lathe.compress.weights.DequantizedWeights;
import dev.lathe.compress.weights.Weight;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizeWeightsTest {

  @TempDir Path folder;

  private static Tensor constant(Network network, String name) {
    return Nets.constant(network.graph(), name);
  }

  /** A weight that may be stored as floats of fewer bits. */
  private static Tensor weight(Network network, String name) {
    Graph graph = ConstantNodes.lift(network.graph(), DType::isFloat);
    return Objects.requireNonNull(DequantizedWeights.floats(graph).constants().get(name));
  }

  private static Node reader(Network network) {
    return network.graph().nodes().stream()
        .filter(node -> node.inputs().contains("w0"))
        .findFirst()
        .orElseThrow();
  }

  /** Both engines read the values the scheme chose; the file is as small as they are. */
  @ParameterizedTest
  @CsvSource({
    "fp16, 13, FLOAT16", "'float:5,10', 13, FLOAT16", "bf16, 13, BFLOAT16",
    "fp8e4m3, 19, FLOAT8E4M3FN", "fp8e5m2, 19, FLOAT8E5M2", "fp8e5m2, 13, FLOAT32"
  })
  void floatsOfFewerBitsAreStoredInTheirType(String name, long opset, DType type) throws Exception {
    Network network = Nets.residual().withOpset("", opset);
    QuantizeWeights weights = QuantizeWeights.by(name);
    Network twin = weights.coded(network).network();
    byte[] file = OnnxWriter.toBytes(weights.apply(network));
    Network read = OnnxReader.read(file);
    assertThat(read.graph().constants().values().stream().filter(one -> one.dtype() == type))
        .hasSizeGreaterThanOrEqualTo(3);
    for (String weight : new String[] {"w0", "w1", "w2"}) {
      assertThat(weight(read, weight).toFloats()).isEqualTo(constant(twin, weight).toFloats());
    }
    if (type != DType.FLOAT32) {
      int saved = (8 * 27 + 8 * 72 + 80) * (32 - type.bits()) / 8;
      assertThat(file.length).isLessThan(OnnxWriter.toBytes(twin).length - saved / 2);
    }
    assertThat(OnnxWriter.toBytes(weights.apply(read))).isEqualTo(file);
    float[] pixels = new float[3 * 8 * 8];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) Math.sin(i);
    }
    Tensor x = Tensor.of(pixels, 1, 3, 8, 8);
    try (OrtModel ort = new OrtModel(file);
        NetworkRunner runner = new NetworkRunner(read, RunOptions.standard());
        NetworkRunner floats = new NetworkRunner(twin, RunOptions.standard())) {
      float[] expected = floats.run(List.of(x)).getFirst().toFloats();
      assertThat(runner.run(List.of(x)).getFirst().toFloats()).containsExactly(expected);
      assertThat(ort.output(x).toFloats()).containsExactly(expected, within(1e-4f));
    }
    Network pruned = Prune.byMagnitude(0.5).withNodes(null, null).apply(read);
    assertThat(Weight.zeros(weight(pruned, "w1"))).isEqualTo(8 * 72 / 2);
  }

  /** Codes that 8-bit integers hold are stored as such, exactly; others are dense. */
  @ParameterizedTest
  @CsvSource({
    "ternary, 8, INT8",
    "binary, 8, INT8",
    "pow2:4, 8, INT8",
    "'pow2:8,3', 13, INT8",
    "log2:3, 13, INT8",
    "log2:4, 13, INT8",
    "int4:maxabs, 13, INT8",
    "int4:linear, 13, INT8",
    "int1:affine, 13, INT8",
    "int8:affine, 13, UINT8",
    "int9:symmetric, 13, FLOAT32",
    "kmeans:4, 13, FLOAT32",
    "ternary, 6, FLOAT32"
  })
  void levelsAreStoredAsIntegersWhereTheseHoldThemExactly(String name, long opset, DType type)
      throws Exception {
    Network network = Nets.residual().withOpset("", opset);
    for (String granularity : new String[] {"channel", "tensor", "block:5"}) {
      QuantizeWeights weights =
          QuantizeWeights.by(name).withGranularity(WeightGranularity.parse(granularity));
      Network twin = weights.coded(network).network();
      WeightCoder.Result coded = run(weights, network);
      boolean dense = granularity.startsWith("block") && !name.equals("pow2:8,3");
      assertThat(coded.report().layers())
          .as(granularity)
          .allMatch(one -> one.stored().equals((dense ? DType.FLOAT32 : type).toString()));
      Network read = OnnxReader.read(OnnxWriter.toBytes(coded.network()));
      for (String weight : new String[] {"w0", "w1", "w2"}) {
        assertThat(weight(read, weight).toFloats()).isEqualTo(constant(twin, weight).toFloats());
      }
      if (!dense && type != DType.FLOAT32) {
        assertThat(OnnxWriter.toBytes(read).length)
            .isLessThan(OnnxWriter.toBytes(twin).length - 2 * (8 * 27 + 8 * 72 + 80));
        assertThat(read.graph().constants().values())
            .filteredOn(one -> one.dtype() == type)
            .hasSizeGreaterThanOrEqualTo(3);
      }
    }
  }

  /** One n for both convolutions, one for the product: the largest at which the largest fits. */
  @Test
  void aClassOfLayersSharesItsFixedPoint() {
    Network given = Nets.residual();
    Map<String, Tensor> constants = new HashMap<>(given.graph().constants());
    float[] wide = constant(given, "w1").toFloats();
    wide[7] = -13.2f;
    constants.put("w1", Tensor.of(wide, 8, 8, 3, 3));
    Network network = given.withGraph(given.graph().withConstants(constants));
    WeightCoder.Result coded = run(QuantizeWeights.by("pow2:8,class"), network);
    assertThat(coded.report().layers().subList(0, 2))
        .allMatch(layer -> layer.scheme().equals("pow2:8,3"));
    double largest = 0;
    for (float w : constant(given, "w2").toFloats()) {
      largest = Math.max(largest, Math.abs(w));
    }
    int n = 6 - Math.getExponent(largest);
    assertThat(Math.rint(Math.scalb(largest, n))).isBetween(64.0, 127.0);
    assertThat(n).isNotEqualTo(3);
    assertThat(coded.report().layers().getLast().scheme()).isEqualTo("pow2:8," + n);
    for (int i = 0; i < 3; i++) {
      String weight = "w" + i;
      float[] before = constant(network, weight).toFloats();
      float[] after = weight(coded.network(), weight).toFloats();
      for (int at = 0; at < before.length; at++) {
        double level = Math.rint(Math.scalb((double) before[at], i < 2 ? 3 : n));
        assertThat((double) after[at]).isEqualTo(Math.scalb(level, i < 2 ? -3 : -n));
      }
    }
    assertThat(weight(coded.network(), "w1").toFloats()[7]).isEqualTo(-13.25f);
  }

  @Test
  void powersOfTwoThatSpanMoreThanEightBitsStayDense() {
    for (int exponent : new int[] {-6, -7}) {
      float[] values = {1, Math.scalb(1f, exponent), 0, -0.5f};
      Network network =
          new Nets()
              .input("x", 1, 2)
              .constant("w", Tensor.of(values, 2, 2))
              .node("MatMul", "x w", "y")
              .output("y", 1, 2)
              .build(13);
      QuantizeWeights weights =
          QuantizeWeights.by("log2:5").withGranularity(WeightGranularity.TENSOR);
      WeightCoder.Result coded = run(weights, network);
      assertThat(coded.report().layers().getFirst().stored())
          .isEqualTo(exponent == -6 ? "int8" : "float32");
      assertThat(weight(coded.network(), "w").toFloats()).containsExactly(values);
    }
  }

  /** As in a file of CNTK, whose last weight is reshaped by a node. */
  @Test
  void weightsBehindNodesOfConstantsAreFound() {
    Network network =
        new Nets()
            .input("x", 1, 4)
            .constant("w", Tensor.of(new float[] {1, 2, 3, -4, 5, 6, 7, 9}, 8))
            .constant("shape", Tensor.of(new long[] {4, 2}, 2))
            .node("Reshape", "w shape", "v")
            .node("MatMul", "x v", "y")
            .output("y", 1, 2)
            .build(13);
    assertThat(run(QuantizeWeights.by("ternary"), network).report().layers()).hasSize(1);
    assertThat(Prune.byMagnitude(0.5).run(network).report().layers()).hasSize(1);
    assertThat(ShareWeights.codebooks(4).apply(network).graph().nodes()).hasSize(1);
  }

  private static WeightCoder.Result run(QuantizeWeights weights, Network network) {
    return weights.run(network, CompressionContext.none());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "int16",
        "int5:maxabs",
        "int6:linear",
        "int1:affine",
        "pow2:4",
        "log2:4",
        "ternary",
        "binary",
        "kmeans:4",
        "hash:9",
        "fp16",
        "bf16",
        "fp8e4m3",
        "fp8e5m2",
        "float:4,2"
      })
  void theFileIsReadBackRunsAsInOnnxRuntimeAndASecondTimeChangesNothing(String name)
      throws IOException, OrtException {
    QuantizeWeights weights = QuantizeWeights.by(name);
    Path file = folder.resolve("coded.onnx");
    Model coded = Model.of(Nets.residual()).transform(weights);
    coded.save(file, Overwrite.FAIL);
    Network read = Model.load(file).network();
    for (String weight : new String[] {"w0", "w1", "w2"}) {
      assertThat(weight(read, weight).toFloats())
          .isEqualTo(weight(coded.network(), weight).toFloats());
    }
    assertThat(constant(read, "b0").toFloats())
        .isEqualTo(constant(Nets.residual(), "b0").toFloats());
    assertThat(read.metadata()).containsEntry("lathe.quantize", weights.describe());
    assertThat(reader(read).metadata())
        .containsEntry("lathe.weights", weights.describe().substring("weights ".length()))
        .containsKey("lathe.weights.sqnr_db");
    assertThat(OnnxWriter.toBytes(weights.apply(read)))
        .as("a second time")
        .isEqualTo(OnnxWriter.toBytes(OnnxReader.read(Files.readAllBytes(file))));

    Random random = new Random(5);
    float[] pixels = new float[3 * 8 * 8];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextFloat() - 0.5f;
    }
    Tensor x = Tensor.of(pixels, 1, 3, 8, 8);
    try (Session session = Session.open(file);
        OrtModel ort = new OrtModel(Files.readAllBytes(file))) {
      float[] lathe = Objects.requireNonNull(session.run(Map.of("x", x)).get("y")).toFloats();
      assertThat(lathe).containsExactly(ort.output(x).toFloats(), within(1e-4f));
    }
  }

  @Test
  void integersHaveTheValuesOfTheQdqFile() {
    for (int bits = 2; bits <= 8; bits++) {
      for (var scheme : dev.lathe.quant.Scheme.values()) {
        for (var granularity : QuantizeOptions.Granularity.values()) {
          QuantizeOptions options =
              QuantizeOptions.standard()
                  .withActivations(null)
                  .withStorage(QuantizeOptions.Storage.SIMULATED)
                  .withWeights(bits, scheme, granularity);
          Network simulated = QuantizerTest.quantize(Nets.residual(), options).network();
          String name = "int" + bits + ":" + scheme.name().toLowerCase(java.util.Locale.ROOT);
          Network coded =
              QuantizeWeights.by(name)
                  .withGranularity(
                      WeightGranularity.parse(
                          granularity.name().toLowerCase(java.util.Locale.ROOT)))
                  .apply(Nets.residual());
          for (String weight : new String[] {"w0", "w1", "w2"}) {
            assertThat(weight(coded, weight).toFloats())
                .as(name + " " + granularity)
                .isEqualTo(constant(simulated, weight + "_simulated").toFloats());
          }
        }
      }
    }
  }

  @Test
  void aChannelIsAColumnOfAMatrixThatIsMultipliedFromTheRight() {
    Network network =
        new Nets()
            .input("x", 1, 3)
            .constant("w", Tensor.of(new float[] {1, -20, 2, 20, 3, -20}, 3, 2))
            .node("MatMul", "x w", "y")
            .output("y", 1, 2)
            .build(13);
    assertThat(weight(QuantizeWeights.by("binary").apply(network), "w").toFloats())
        .containsExactly(2, -20, 2, 20, 2, -20);
    QuantizeWeights blocks =
        QuantizeWeights.by("binary").withGranularity(WeightGranularity.block(2));
    assertThat(constant(blocks.apply(network), "w").toFloats())
        .containsExactly(1.5f, -20, 1.5f, 20, 3, -20);
    QuantizeWeights tensor = QuantizeWeights.by("binary").withGranularity(WeightGranularity.TENSOR);
    assertThat(weight(tensor.apply(network), "w").toFloats())
        .containsExactly(11, -11, 11, 11, 11, -11);
  }

  @Test
  void theReportCountsBitsAndBytes() {
    WeightCoder.Result result =
        run(
            QuantizeWeights.by("kmeans:4").withNodes(null, Pattern.compile("n_y")),
            Nets.residual());
    assertThat(result.kept()).containsExactly("n_y: excluded");
    assertThat(constant(result.network(), "w2").toFloats())
        .isEqualTo(constant(Nets.residual(), "w2").toFloats());
    CodeReport.Layer first = result.report().layers().getFirst();
    assertThat(first.bits()).isEqualTo(2);
    assertThat(first.bytesBefore()).isEqualTo(4 * 216);
    assertThat(first.bytesAfter()).isEqualTo(216 / 4 + 8 * 4 * 4);
    CodeReport.Layer total = result.report().total();
    assertThat(total.parameters()).isEqualTo(216 + 576);
    assertThat(total.bytesAfter()).isEqualTo(216 / 4 + 576 / 4 + 2 * 8 * 4 * 4);
    assertThat(run(QuantizeWeights.by("kmeans:200"), Nets.residual()).warnings()).hasSize(3);
  }

  @Test
  void nonsenseIsRefused() {
    QuantizeWeights nothing = QuantizeWeights.by("ternary").withNodes(Pattern.compile("zz"), null);
    assertThatThrownBy(() -> run(nothing, Nets.residual())).isInstanceOf(UsageException.class);
    Network notANumber =
        new Nets()
            .input("x", 1, 2)
            .constant("w", Tensor.of(new float[] {1, Float.NaN}, 2, 1))
            .node("MatMul", "x w", "y")
            .output("y", 1, 1)
            .build(13);
    assertThatThrownBy(() -> run(QuantizeWeights.by("fp16"), notANumber))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("'w' holds NaN");
  }
}
