package dev.lathe.compress.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.Model;
import dev.lathe.Session;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.quantize.OrtModel;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShareWeightsTest {

  private static final int SIZE = 24;

  @TempDir Path folder;

  private static float[] random(long seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Three products of one shape; the second weight is nearly the first, the third is not. */
  private static Network network() {
    float[] first = random(1, SIZE * SIZE);
    float[] second = first.clone();
    float[] noise = random(2, SIZE * SIZE);
    for (int i = 0; i < second.length; i++) {
      second[i] += 0.01f * noise[i];
    }
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w1", Tensor.of(first, SIZE, SIZE));
    constants.put("w2", Tensor.of(second, SIZE, SIZE));
    constants.put("w3", Tensor.of(random(3, SIZE * SIZE), SIZE, SIZE));
    List<Node> nodes =
        List.of(
            Node.of("one", "", "MatMul", List.of("x", "w1"), List.of("a"), Map.of()),
            Node.of("relu", "", "Relu", List.of("a"), List.of("b"), Map.of()),
            Node.of("two", "", "MatMul", List.of("b", "w2"), List.of("c"), Map.of()),
            Node.of("three", "", "MatMul", List.of("c", "w3"), List.of("y"), Map.of()));
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 1, SIZE)),
            List.of(ValueInfo.of("y", DType.FLOAT32, 1, SIZE)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }

  private static Tensor constant(Network network, String name) {
    return Objects.requireNonNull(network.graph().constants().get(name), name);
  }

  private static int distinct(Tensor tensor) {
    TreeSet<Float> values = new TreeSet<>();
    for (float value : tensor.toFloats()) {
      values.add(value);
    }
    return values.size();
  }

  private void assertRunsAsInOnnxRuntime(Network network) throws IOException, OrtException {
    byte[] file = OnnxWriter.toBytes(network);
    Path path = Files.write(folder.resolve("shared.onnx"), file);
    Tensor x = Tensor.of(random(9, SIZE), 1, SIZE);
    try (Session session = Session.open(path);
        OrtModel ort = new OrtModel(file)) {
      float[] lathe = Objects.requireNonNull(session.run(Map.of("x", x)).get("y")).toFloats();
      assertThat(lathe).containsExactly(ort.output(x).toFloats(), within(1e-3f));
    }
  }

  private static void assertIdempotent(ShareWeights share, Network shared) {
    Network read = OnnxReader.read(OnnxWriter.toBytes(shared));
    assertThat(OnnxWriter.toBytes(share.apply(read))).isEqualTo(OnnxWriter.toBytes(shared));
  }

  @Test
  void aCodebookHasSixteenValuesAndZeroWhereThereAreZeros() throws Exception {
    ShareWeights share = ShareWeights.codebooks(16);
    Model pruned = Model.of(network()).transform(Prune.byMagnitude(0.5));
    Network shared = pruned.transform(share).network();
    for (String name : List.of("w1", "w2", "w3")) {
      assertThat(distinct(constant(shared, name))).isEqualTo(16);
      float[] before = constant(pruned.network(), name).toFloats();
      float[] after = constant(shared, name).toFloats();
      for (int i = 0; i < before.length; i++) {
        assertThat(after[i] == 0).isEqualTo(before[i] == 0);
      }
    }
    assertThat(shared.metadata()).containsEntry("lathe.share", "kmeans:16,kmeans++ per tensor");
    assertIdempotent(share, shared);
    assertRunsAsInOnnxRuntime(shared);
  }

  @Test
  void nearlyEqualFiltersBecomeOne() throws Exception {
    float[] weight = random(4, SIZE * SIZE);
    for (int i = 0; i < SIZE; i++) {
      // A filter of x times W is a column.
      weight[i * SIZE + 5] = weight[i * SIZE + 2] * 1.01f;
    }
    Map<String, Tensor> constants = new LinkedHashMap<>(network().graph().constants());
    constants.put("w1", Tensor.of(weight, SIZE, SIZE));
    Network network = network().withGraph(network().graph().withConstants(constants));
    ShareWeights share = ShareWeights.codebooks(2).withMethod(new ShareMethod.Filters(0.05));
    WeightCoder.Result result = share.run(network, CompressionContext.none());
    float[] tied = constant(result.network(), "w1").toFloats();
    for (int i = 0; i < SIZE; i++) {
      assertThat(tied[i * SIZE + 5])
          .isEqualTo(tied[i * SIZE + 2])
          .isCloseTo(weight[i * SIZE + 2] * 1.005f, within(1e-5f));
      assertThat(tied[i * SIZE]).isEqualTo(weight[i * SIZE]);
    }
    CodeReport.Layer layer = result.report().layers().getFirst();
    assertThat(layer.bytesAfter()).isEqualTo((SIZE - 1) * SIZE * 4 + SIZE * 5 / 8);
    assertThat(result.report().layers().get(2).bytesAfter()).isEqualTo(SIZE * SIZE * 4);
    assertIdempotent(share, result.network());
    assertRunsAsInOnnxRuntime(result.network());
  }

  @Test
  void nearlyEqualLayersReadOneInitializer() throws Exception {
    ShareWeights share = ShareWeights.codebooks(2).withMethod(new ShareMethod.Layers(0.05));
    WeightCoder.Result result = share.run(network(), CompressionContext.none());
    Network shared = result.network();
    assertThat(shared.graph().constants()).containsOnlyKeys("w1", "w3");
    assertThat(shared.graph().nodes().get(2).inputs()).containsExactly("b", "w1");
    float[] first = constant(network(), "w1").toFloats();
    float[] second = constant(network(), "w2").toFloats();
    float[] mean = constant(shared, "w1").toFloats();
    for (int i = 0; i < mean.length; i++) {
      assertThat(mean[i]).isCloseTo((first[i] + second[i]) / 2, within(1e-6f));
    }
    assertThat(constant(shared, "w3").toFloats()).isEqualTo(constant(network(), "w3").toFloats());
    assertThat(result.report().layers())
        .extracting(CodeReport.Layer::bytesAfter)
        .containsExactly(SIZE * SIZE * 4L, 0L, SIZE * SIZE * 4L);
    assertIdempotent(share, shared);
    assertRunsAsInOnnxRuntime(shared);
  }

  /** Vectors of strongly correlated numbers. */
  private record Correlated(int from) implements Samples {

    @Override
    public String name() {
      return "correlated";
    }

    @Override
    public OptionalLong count() {
      return OptionalLong.of(256 - from);
    }

    @Override
    public Samples skip(long count) {
      return new Correlated(from + (int) count);
    }

    @Override
    public SamplePass open(List<ValueInfo> inputs) {
      Iterator<Integer> seeds = IntStream.range(from, 256).iterator();
      return new SamplePass() {
        @Override
        public @Nullable SampleBatch next() {
          return seeds.hasNext()
              ? new SampleBatch(List.of(Correlated.sample(100 + seeds.next())), 1)
              : null;
        }

        @Override
        public void close() {}
      };
    }

    static Tensor sample(long seed) {
      float[] values = random(seed, SIZE);
      for (int i = 1; i < SIZE; i++) {
        values[i] = 0.9f * values[i - 1] + 0.3f * values[i];
      }
      return Tensor.of(values, 1, SIZE);
    }
  }

  private static double error(Network a, Network b) throws OrtException {
    double squares = 0;
    try (OrtModel one = new OrtModel(OnnxWriter.toBytes(a));
        OrtModel other = new OrtModel(OnnxWriter.toBytes(b))) {
      for (int i = 0; i < 64; i++) {
        float[] y = one.output(Correlated.sample(1000 + i)).toFloats();
        float[] z = other.output(Correlated.sample(1000 + i)).toFloats();
        for (int j = 0; j < y.length; j++) {
          squares += (y[j] - z[j]) * (double) (y[j] - z[j]);
        }
      }
    }
    return squares;
  }

  @Test
  void samplesChooseValuesThatKeepTheOutput() throws Exception {
    for (WeightGranularity granularity :
        List.of(WeightGranularity.TENSOR, WeightGranularity.CHANNEL)) {
      ShareWeights share =
          ShareWeights.codebooks(4)
              .withMethod(new ShareMethod.Codes(WeightSchemes.parse("kmeans:4"), granularity));
      CompressionContext context = CompressionContext.of(new Correlated(0));
      WeightCoder.Result fitted = share.run(network(), context);
      Network nearest = share.apply(network());
      assertThat(error(network(), fitted.network())).isLessThan(error(network(), nearest) / 2);
      for (String name : List.of("w1", "w2", "w3")) {
        assertThat(new TreeSet<>(values(fitted.network(), name))).isSubsetOf(values(nearest, name));
      }
      assertThat(fitted.report().layers()).allMatch(layer -> layer.bits() <= 2);
      assertThat(fitted.report().layers().getFirst().json()).doesNotContainEntry("sqnr_db", null);
      assertThat(OnnxWriter.toBytes(share.run(fitted.network(), context).network()))
          .isEqualTo(OnnxWriter.toBytes(fitted.network()));
    }
  }

  private static List<Float> values(Network network, String name) {
    List<Float> values = new java.util.ArrayList<>();
    for (float value : constant(network, name).toFloats()) {
      values.add(value);
    }
    return values;
  }

  /** In a recipe the samples are there for other steps. */
  @Test
  void methodsThatChooseNothingDoNotLookAtSamples() {
    CompressionContext context = CompressionContext.of(new Correlated(0));
    for (ShareMethod method :
        List.of(
            new ShareMethod.Filters(0.1),
            new ShareMethod.Layers(0.1),
            new ShareMethod.Codes(WeightSchemes.parse("hash:4"), WeightGranularity.TENSOR),
            new ShareMethod.Codes(WeightSchemes.parse("kmeans:4"), WeightGranularity.block(4)))) {
      ShareWeights share = ShareWeights.codebooks(4).withMethod(method);
      assertThat(OnnxWriter.toBytes(share.run(network(), context).network()))
          .isEqualTo(OnnxWriter.toBytes(share.apply(network())));
    }
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> new ShareMethod.Filters(1)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> new ShareMethod.Layers(Double.NaN)).isInstanceOf(UsageException.class);
  }
}
