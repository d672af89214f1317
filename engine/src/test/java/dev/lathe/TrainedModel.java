package dev.lathe;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.compress.DatasetSamples;
import dev.lathe.compress.Progress;
import dev.lathe.compress.Samples;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.calibrate.Calibrator;
import dev.lathe.compress.calibrate.NetworkActivations;
import dev.lathe.compress.quantize.QuantizationPlan;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.Quantizer;
import dev.lathe.data.Batches;
import dev.lathe.data.Dataset;
import dev.lathe.data.Datasets;
import dev.lathe.data.Preprocess;
import dev.lathe.graph.Network;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.quant.Range;
import dev.lathe.runtime.RunOptions;
import dev.lathe.sample.SampleData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Trained classifiers with images they never saw, and images to calibrate with. The sample comes
 * with the engine, the others lie beside the repository.
 */
enum TrainedModel {
  SAMPLE(null, "", 0, 2000, "", 512),
  MNIST_CNN("none", "mnist", 8000, 10_000, "mnist", 256),
  RESNET20_CIFAR10(
      "imagenet",
      "cifar10/cifar10-jpeg-2000.npz",
      0,
      2000,
      "cifar10/cifar10-jpeg-calibration-512.npz",
      256),
  RESNET2B_CIFAR10(
      "cifar10",
      "cifar10/cifar10-jpeg-2000.npz",
      0,
      2000,
      "cifar10/cifar10-jpeg-calibration-512.npz",
      256),
  MOBILENETV2_IMAGENET_QDQ("imagenet", "imagenet/validation", 0, 250, "", 0),
  MOBILENETV2_IMAGENET_QOPERATOR("imagenet", "imagenet/validation", 0, 250, "", 0);

  static final Path SHARED = Path.of("../../shared");

  private static final int BATCH = 32;

  private final @Nullable String preprocess;
  private final String evaluation;
  private final int from;
  private final int to;
  private final String calibration;
  private final int calibrationSize;

  TrainedModel(
      @Nullable String preprocess,
      String evaluation,
      int from,
      int to,
      String calibration,
      int calibrationSize) {
    this.preprocess = preprocess;
    this.evaluation = evaluation;
    this.from = from;
    this.to = to;
    this.calibration = calibration;
    this.calibrationSize = calibrationSize;
  }

  /** The model's file, as it is; skips the test where it is absent. */
  byte[] bytes() throws IOException {
    if (this == SAMPLE) {
      return SampleData.MODEL.bytes();
    }
    String file = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + ".onnx";
    return Files.readAllBytes(shared("models/" + file));
  }

  /** A file beside the repository; skips the test where it is absent. */
  static Path shared(String name) {
    Path path = SHARED.resolve(name);
    assumeTrue(Files.exists(path), () -> "no " + path.toAbsolutePath().normalize());
    return path;
  }

  /** Labelled images outside training and calibration. */
  Dataset evaluation(Path folder) throws IOException {
    Path path =
        this == SAMPLE
            ? unpack(folder, SampleData.EVALUATION_IMAGES, SampleData.EVALUATION_LABELS)
            : shared("data/" + evaluation);
    return Datasets.open(path).slice(from, to);
  }

  /** The 512 images that accuracy is repaired with; those of MNIST are not evaluated. */
  Samples samples(Path folder, Network network) throws IOException {
    return new DatasetSamples(
        this == SAMPLE ? calibration(folder) : Datasets.open(shared("data/" + calibration)),
        Preprocess.choose(preprocess, network.metadata()),
        512,
        BATCH);
  }

  private Dataset calibration(Path folder) throws IOException {
    Path path =
        this == SAMPLE
            ? unpack(folder, SampleData.CALIBRATION_IMAGES, SampleData.CALIBRATION_LABELS)
            : shared("data/" + calibration);
    return Datasets.open(path).slice(0, calibrationSize);
  }

  private static Path unpack(Path folder, SampleData images, SampleData labels) throws IOException {
    Files.write(folder.resolve(labels.fileName()), labels.bytes());
    return Files.write(folder.resolve(images.fileName()), images.bytes());
  }

  Batches batches(Dataset data, Network network) {
    Preprocess steps = Preprocess.choose(preprocess, network.metadata());
    return Batches.open(data, steps, network.graph().inputs().getFirst(), BATCH, 0);
  }

  /** The quantized model's file, calibrated by its extremes on images apart from the evaluation. */
  byte[] quantized(QuantizeOptions options, Path folder) throws IOException {
    Network network = OnnxReader.read(bytes());
    QuantizationPlan plan = Quantizer.plan(network, options);
    Dataset data = calibration(folder);
    try (NetworkActivations source =
        NetworkActivations.of(plan.network(), plan.observed(), RunOptions.standard())) {
      Map<String, Range> ranges =
          new Calibrator(CalibrationMethods.minMax(), plan.observed(), 1 << 20)
              .run(
                  source,
                  network.graph().inputs(),
                  new DatasetSamples(
                      data,
                      Preprocess.choose(preprocess, network.metadata()),
                      calibrationSize,
                      BATCH),
                  Progress.NONE);
      return OnnxWriter.toBytes(Quantizer.apply(plan, ranges).network());
    }
  }
}
