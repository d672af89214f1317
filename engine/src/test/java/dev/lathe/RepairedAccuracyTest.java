package dev.lathe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.prune.ChannelScores;
import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneMethods;
import dev.lathe.compress.prune.RemoveChannels;
import dev.lathe.compress.prune.TargetMacs;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.compress.quantize.Repair;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What methods without training cost in top-1 on 2,000 images, with 512 others to learn from. */
class RepairedAccuracyTest {

  private static final Map<TrainedModel, Double> ORIGINAL = new EnumMap<>(TrainedModel.class);

  @TempDir private Path folder;

  private double top1(TrainedModel model, Network network) throws Exception {
    Agreement agreement = new Agreement();
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard());
        Batches batches = model.batches(model.evaluation(folder), network)) {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        var output = runner.run(List.of(batch.input())).getFirst();
        agreement.add(output, output, batch.labels(), 0);
      }
    }
    assertThat(agreement.samples()).isEqualTo(2000);
    return agreement.top1();
  }

  private double drop(TrainedModel model, Network original, Network changed) throws Exception {
    Double before = ORIGINAL.get(model);
    if (before == null) {
      before = top1(model, original);
      ORIGINAL.put(model, before);
    }
    // What was written and read again is what counts.
    return before - top1(model, OnnxReader.read(OnnxWriter.toBytes(changed)));
  }

  private Network quantized(TrainedModel model, Network network, int bits, Set<Repair> repairs)
      throws Exception {
    CompressionContext context = CompressionContext.of(model.samples(folder, network));
    QuantizationPlan plan =
        Quantizer.plan(
            network,
            QuantizeOptions.standard()
                .withWeights(bits, Scheme.SYMMETRIC, QuantizeOptions.Granularity.CHANNEL));
    return Quantizer.apply(Quantizer.repair(plan, repairs, context), ranges(plan, context))
        .network();
  }

  private static Map<String, Range> ranges(QuantizationPlan plan, CompressionContext context) {
    Samples samples = context.requireSamples("calibration");
    try (NetworkActivations source =
        NetworkActivations.of(plan.network(), plan.observed(), context.runOptions())) {
      return new Calibrator(CalibrationMethods.minMax(), plan.observed(), context.maxBytes())
          .run(source, plan.network().graph().inputs(), samples, context.progress());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SAMPLE", "MNIST_CNN", "RESNET20_CIFAR10"})
  void int8LosesAtMostAThirdOfAPoint(TrainedModel model) throws Exception {
    Network network = OnnxReader.read(model.bytes());

    assertThat(drop(model, network, quantized(model, network, 8, Set.of())))
        .isLessThanOrEqualTo(0.3);
  }

  @ParameterizedTest
  @EnumSource(names = {"SAMPLE", "MNIST_CNN", "RESNET20_CIFAR10"})
  void fourBitWeightsLoseAtMostAPointOnceReconstructed(TrainedModel model) throws Exception {
    Network network = OnnxReader.read(model.bytes());

    double plain = drop(model, network, quantized(model, network, 4, Set.of()));
    double repaired =
        drop(model, network, quantized(model, network, 4, Set.of(Repair.RECONSTRUCT)));

    assertThat(repaired).as("min-max alone loses %s", plain).isLessThanOrEqualTo(1.0);
    if (plain > 1) {
      assertThat(repaired).isLessThan(plain / 2);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SAMPLE", "MNIST_CNN", "RESNET20_CIFAR10"})
  void thirtyPerCentFewerMacsLoseAtMostTwoPointsOnceReconstructed(TrainedModel model)
      throws Exception {
    Network network = OnnxReader.read(model.bytes());
    CompressionContext context = CompressionContext.of(model.samples(folder, network));
    RemoveChannels remove =
        new RemoveChannels(ChannelScores.parse("obs", 1), new TargetMacs(0.7, 1), null, null, true);

    Network smaller = remove.run(network, context).network();

    double before = ChannelGraph.of(network).macs().total();
    assertThat(ChannelGraph.of(smaller).macs().total()).isLessThanOrEqualTo(0.7 * before);
    assertThat(drop(model, network, smaller)).isLessThanOrEqualTo(2.0);
  }

  @ParameterizedTest
  @CsvSource({
    "SAMPLE, weight, 0.5",
    "MNIST_CNN, weight, 0.5",
    "RESNET20_CIFAR10, weight, 0.5",
    "SAMPLE, 2:4, 1.5",
    "MNIST_CNN, 2:4, 1.5",
    "RESNET20_CIFAR10, 2:4, 1.5"
  })
  void halfOfTheWeightsGoAtLittleCost(TrainedModel model, String granularity, double limit)
      throws Exception {
    Network network = OnnxReader.read(model.bytes());
    Prune prune =
        Prune.byMagnitude(0.5)
            .withScore(PruneMethods.parse("obs").score().apply(1))
            .withGranularity(Granularities.parse(granularity));

    Prune.Result result = prune.run(network, CompressionContext.of(model.samples(folder, network)));

    assertThat(result.report().total().sparsityAfter()).isCloseTo(0.5, within(0.01));
    assertThat(drop(model, network, result.network())).isLessThanOrEqualTo(limit);
  }

  @ParameterizedTest
  @EnumSource(names = {"SAMPLE", "MNIST_CNN", "RESNET20_CIFAR10"})
  void codebooksOfSixteenValuesLoseAtMostHalfAPointOnceFitted(TrainedModel model) throws Exception {
    Network network = OnnxReader.read(model.bytes());
    CompressionContext context = CompressionContext.of(model.samples(folder, network));
    ShareWeights share = ShareWeights.codebooks(16);

    assertThat(drop(model, network, share.run(network, context).network()))
        .isLessThanOrEqualTo(0.5);
  }
}
