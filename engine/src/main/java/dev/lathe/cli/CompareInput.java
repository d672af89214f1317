package dev.lathe.cli;

import dev.lathe.data.Dataset;
import dev.lathe.data.Datasets;
import dev.lathe.data.NormalData;
import dev.lathe.data.Preprocess;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.report.compare.Samples;
import dev.lathe.sample.SampleData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What a comparison works on.
 *
 * @param name of the model, for people
 * @param remarks on where the data comes from
 */
record CompareInput(String name, Network network, Samples samples, List<String> remarks) {

  /** Unpacks the shipped network and images into {@code folder}. */
  static CompareInput sample(Path folder, long calibrationSamples, int batch) throws IOException {
    for (SampleData file : SampleData.values()) {
      Files.write(folder.resolve(file.fileName()), file.bytes());
    }
    Network network = OnnxReader.read(SampleData.MODEL.bytes());
    Samples samples =
        new Samples(
            new Named(
                "the shipped Fashion-MNIST test images",
                Datasets.open(folder.resolve(SampleData.EVALUATION_IMAGES.fileName()))),
            new Named(
                "the shipped Fashion-MNIST training images",
                Datasets.open(folder.resolve(SampleData.CALIBRATION_IMAGES.fileName()))),
            calibrationSamples,
            Preprocess.choose(null, network.metadata()),
            batch);
    return new CompareInput("fashion-cnn (shipped sample)", network, samples, List.of());
  }

  /**
   * Opens a model and its data.
   *
   * @param calibration other data to calibrate with, or null to set the first samples apart
   */
  static CompareInput of(
      Path model,
      Path data,
      @Nullable Path calibration,
      @Nullable String preprocess,
      long calibrationSamples,
      int batch) {
    Network network = ModelFiles.read(model);
    Preprocess chosen = Preprocess.choose(preprocess, network.metadata());
    Dataset all = Datasets.open(data);
    if (calibration != null) {
      Dataset other = Datasets.open(calibration, Datasets.Split.TRAIN);
      return new CompareInput(
          model.toString(),
          network,
          new Samples(all, other, calibrationSamples, chosen, batch),
          List.of());
    }
    OptionalLong size = all.size();
    if (size.isPresent() && size.getAsLong() <= calibrationSamples) {
      throw new UsageException(
          new Problem(
              "no samples are left to measure with",
              data + " has " + size.getAsLong() + ", calibration takes " + calibrationSamples,
              "samples used for calibration are not measured",
              "give --calibration C or a smaller --samples"));
    }
    return new CompareInput(
        model.toString(),
        network,
        new Samples(
            all.slice(calibrationSamples, Long.MAX_VALUE),
            all.slice(0, calibrationSamples),
            calibrationSamples,
            chosen,
            batch),
        List.of(
            "No --calibration was given: the first "
                + calibrationSamples
                + " samples of "
                + data
                + " were set apart for calibration and are not measured."));
  }

  /** Opens a model to feed it with random numbers. */
  static CompareInput random(Path model, int count, int batch) {
    Network network = ModelFiles.read(model);
    ValueInfo input = network.graph().inputs().getFirst();
    Samples samples =
        new Samples(
            NormalData.of(input, count, 1),
            NormalData.of(input, count, 2),
            count,
            Preprocess.NONE,
            batch);
    return new CompareInput(model.toString(), network, samples, List.of());
  }

  /** A data set under a name for people. */
  private record Named(String name, Dataset dataset) implements Dataset {
    @Override
    public OptionalLong size() {
      return dataset.size();
    }

    @Override
    public boolean labelled() {
      return dataset.labelled();
    }

    @Override
    public boolean uniform() {
      return dataset.uniform();
    }

    @Override
    public dev.lathe.data.SampleReader open() {
      return dataset.open();
    }
  }
}
