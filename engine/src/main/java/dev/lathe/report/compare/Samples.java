package dev.lathe.report.compare;

import dev.lathe.compress.DatasetSamples;
import dev.lathe.data.Batches;
import dev.lathe.data.Dataset;
import dev.lathe.data.Preprocess;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.ValueInfo;

/**
 * The data of a comparison.
 *
 * @param evaluation samples that accuracy is measured on; without labels it is the agreement with
 *     the float original
 * @param calibration samples that ranges are observed on
 * @param calibrationSamples how many of them at most
 * @param batch samples per run while accuracy is measured
 */
public record Samples(
    Dataset evaluation,
    Dataset calibration,
    long calibrationSamples,
    Preprocess preprocess,
    int batch) {

  Batches batches(ValueInfo input, int size) {
    return Batches.open(evaluation, preprocess, input, size, 0);
  }

  DatasetSamples forCalibration() {
    return new DatasetSamples(calibration, preprocess, calibrationSamples, batch);
  }

  InvalidDataException wrongLabel(int label, int classes) {
    return new InvalidDataException(
        new Problem(
            "label " + label + " is out of range",
            evaluation.name(),
            "the model has " + classes + " classes, 0 to " + (classes - 1),
            "check that the data is numbered as the model's outputs are"));
  }
}
