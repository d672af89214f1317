package dev.lathe.compress.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.onnxruntime.OrtException;
import dev.lathe.compress.DatasetSamples;
import dev.lathe.compress.Progress;
import dev.lathe.compress.calibrate.ActivationSource;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.data.Dataset;
import dev.lathe.data.Datasets;
import dev.lathe.data.Preprocess;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.quant.QuantError;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What ONNX Runtime makes of quantized networks. */
class OnnxRuntimeTest {

  private static final Path SHARED = Path.of("../../shared");

  static List<QuantizeOptions> options() {
    QuantizeOptions standard = QuantizeOptions.standard();
    return List.of(
        standard,
        standard.withWeights(8, Scheme.SYMMETRIC, QuantizeOptions.Granularity.TENSOR),
        standard.withWeights(8, Scheme.AFFINE, QuantizeOptions.Granularity.TENSOR));
  }

  static List<QuantizeOptions> signedToo() {
    List<QuantizeOptions> all = new ArrayList<>(options());
    // ONNX Runtime leaves part of a network of signed activations in float.
    all.add(QuantizeOptions.standard().withActivations(DType.INT8));
    return all;
  }

  @ParameterizedTest
  @MethodSource("options")
  void everyProductSumAndPoolRunsOnIntegers(QuantizeOptions options) throws Exception {
    Network network = quantize(Nets.residual(), options);

    Set<String> operators =
        OrtModel.optimized(network).graph().nodes().stream()
            .map(Node::opType)
            .collect(Collectors.toSet());

    assertThat(operators)
        .contains("QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QGemm")
        .doesNotContain("Conv", "FusedConv", "Add", "Relu", "Gemm", "GlobalAveragePool");
  }

  @ParameterizedTest
  @MethodSource("signedToo")
  void outputsStayCloseToFloat(QuantizeOptions options) throws Exception {
    Network network = quantize(Nets.residual(), options);
    Random random = new Random(5);

    try (OrtModel original = new OrtModel(Nets.residual());
        OrtModel quantized = new OrtModel(network)) {
      for (int trial = 0; trial < 20; trial++) {
        Tensor input = image(random);
        Tensor expected = original.output(input);
        Tensor actual = quantized.output(input);
        assertThat(QuantError.between(expected, actual).sqnrDb()).isGreaterThan(25);
      }
    }
  }

  @Test
  void simulatedWeightsGiveWhatIntegerWeightsGive() throws Exception {
    QuantizeOptions weights =
        QuantizeOptions.standard()
            .withActivations(null)
            .withWeights(4, Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL);
    Network integer = quantize(Nets.residual(), weights);
    Network simulated =
        quantize(Nets.residual(), weights.withStorage(QuantizeOptions.Storage.SIMULATED));

    try (OrtModel lhs = new OrtModel(integer);
        OrtModel rhs = new OrtModel(simulated)) {
      Tensor input = image(new Random(6));
      assertThat(lhs.output(input).toFloats())
          .containsExactly(rhs.output(input).toFloats(), within(1e-4f));
    }
  }

  @ParameterizedTest
  @MethodSource("signedToo")
  void latheAgreesToAStep(QuantizeOptions options) throws Exception {
    Network network = quantize(Nets.residual(), options);
    Graph graph = network.graph();
    String scale =
        graph.nodes().stream()
            .filter(node -> node.outputs().contains("y"))
            .findFirst()
            .orElseThrow()
            .input(1);
    float step = Nets.constant(graph, scale).f32(0);
    Random random = new Random(9);

    try (OrtModel peer = new OrtModel(network);
        NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      for (int trial = 0; trial < 50; trial++) {
        Tensor input = image(random);
        assertThat(runner.run(List.of(input)).getFirst().toFloats())
            .containsExactly(peer.output(input).toFloats(), within(1.01f * step));
      }
    }
  }

  @Test
  void latheObservesWhatOnnxRuntimeObserves() throws Exception {
    QuantizationPlan plan = Quantizer.plan(Nets.residual(), QuantizeOptions.standard());
    Tensor input = image(new Random(3));
    Map<String, Tensor> expected = new HashMap<>();
    Map<String, Tensor> actual = new HashMap<>();

    try (OrtActivations peer = new OrtActivations(plan);
        NetworkActivations own =
            NetworkActivations.of(plan.network(), plan.observed(), RunOptions.standard())) {
      peer.run(List.of(input), expected::put);
      own.run(List.of(input), actual::put);
    }

    assertThat(actual.keySet()).isEqualTo(plan.observed());
    expected.forEach(
        (name, value) ->
            assertThat(Objects.requireNonNull(actual.get(name)).toFloats())
                .as(name)
                .containsExactly(value.toFloats(), within(1e-4f)));
  }

  /** Accuracy is that of the float model to within half a point, the last images as test set. */
  @ParameterizedTest
  @CsvSource({
    "mnist-cnn, mnist, mnist, none, 8000",
    "resnet2b-cifar10, cifar10/cifar10-jpeg-2000.npz,"
        + " cifar10/cifar10-jpeg-calibration-512.npz, cifar10, 1000",
    "resnet20-cifar10, cifar10/cifar10-jpeg-2000.npz,"
        + " cifar10/cifar10-jpeg-calibration-512.npz, imagenet, 1000"
  })
  void trainedModelsKeepTheirAccuracy(
      String model, String test, String calibration, String preprocess, long from)
      throws Exception {
    assumeTrue(Files.isDirectory(SHARED), "no trained models at " + SHARED.toAbsolutePath());
    Network network = OnnxReader.read(SHARED.resolve("models/" + model + ".onnx"));
    Preprocess steps = Preprocess.parse(preprocess);
    Dataset data = Datasets.open(SHARED.resolve("data").resolve(test));
    Dataset tuning = Datasets.open(SHARED.resolve("data").resolve(calibration)).slice(0, 256);

    QuantizationPlan plan = Quantizer.plan(network, QuantizeOptions.standard());
    Network quantized = Quantizer.apply(plan, calibrate(plan, tuning, steps)).network();

    Dataset held = data.slice(from, from + 1000);
    assertThat(accuracy(quantized, held, steps))
        .isGreaterThanOrEqualTo(accuracy(network, held, steps) - 0.5);
  }

  private static double accuracy(Network network, Dataset data, Preprocess steps)
      throws OrtException {
    ValueInfo input = network.graph().inputs().getFirst();
    int right = 0;
    int total = 0;
    try (OrtModel model = new OrtModel(network);
        Batches batches = Batches.open(data, steps, input, 50, 10)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        float[] scores = model.run(batch.input()).values().iterator().next().toFloats();
        for (int i = 0; i < batch.count(); i++) {
          right += argMax(scores, i * 10) == batch.labels().get(i) ? 1 : 0;
          total++;
        }
      }
    }
    return 100.0 * right / total;
  }

  private static int argMax(float[] scores, int at) {
    int best = 0;
    for (int i = 1; i < 10; i++) {
      best = scores[at + i] > scores[at + best] ? i : best;
    }
    return best;
  }

  private static Map<String, Range> calibrate(QuantizationPlan plan, Dataset data, Preprocess steps)
      throws OrtException {
    try (OrtActivations source = new OrtActivations(plan)) {
      return new Calibrator(CalibrationMethods.minMax(), plan.observed(), 1 << 20)
          .run(
              source,
              plan.network().graph().inputs(),
              new DatasetSamples(data, steps, Long.MAX_VALUE, 32),
              Progress.NONE);
    }
  }

  static Network quantize(Network network, QuantizeOptions options) throws OrtException {
    QuantizationPlan plan = Quantizer.plan(network, options);
    Map<String, Range> ranges = new HashMap<>();
    Random random = new Random(4);
    if (options.activations() != null) {
      try (OrtActivations source = new OrtActivations(plan)) {
        for (int i = 0; i < 50; i++) {
          source.run(
              List.of(image(random)),
              (name, value) ->
                  ranges.merge(name, dev.lathe.quant.TensorQuantizer.range(value), Range::union));
        }
      }
    }
    return Quantizer.apply(plan, ranges).network();
  }

  static Tensor image(Random random) {
    float[] values = new float[3 * 8 * 8];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, 1, 3, 8, 8);
  }

  /** Inner values as ONNX Runtime computes them. */
  private static final class OrtActivations implements ActivationSource {

    private final OrtModel model;
    private final Set<String> observed;
    private final String input;

    OrtActivations(QuantizationPlan plan) throws OrtException {
      Graph graph = plan.network().graph();
      observed = plan.observed();
      input = graph.inputs().getFirst().name();
      List<ValueInfo> outputs = new ArrayList<>(graph.outputs());
      for (String name : observed) {
        if (!graph.isOutput(name) && !graph.isInput(name)) {
          outputs.add(new ValueInfo(name, DType.FLOAT32, null, null));
        }
      }
      Graph widened =
          new Graph(
              graph.name(),
              graph.inputs(),
              outputs,
              graph.constants(),
              graph.nodes(),
              graph.valueInfos(),
              graph.opaque());
      Network network = plan.network();
      model =
          new OrtModel(
              new Network(
                  8, network.opsets(), widened, network.producer(), network.metadata(), null));
    }

    @Override
    public void run(List<Tensor> inputs, BiConsumer<String, Tensor> consumer) {
      Tensor tensor = inputs.getFirst();
      Map<String, Tensor> results = new HashMap<>();
      try {
        results.putAll(model.run(tensor));
      } catch (OrtException e) {
        throw new AssertionError(e);
      }
      results.put(input, tensor);
      for (String name : observed) {
        consumer.accept(name, results.get(name));
      }
    }

    @Override
    public void close() {
      try {
        model.close();
      } catch (OrtException e) {
        throw new AssertionError(e);
      }
    }
  }
}
