package dev.lathe.compress;

import dev.lathe.data.Datasets;
import dev.lathe.data.NpzArrays;
import dev.lathe.data.Preprocess;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** Inputs to observe a network with, the same ones in the same order as often as asked. */
public interface Samples {

  /** What the user calls them: the path. */
  String name();

  /** How many there are, when it is known before reading them. */
  OptionalLong count();

  /**
   * Starts a pass from the first sample.
   *
   * @param inputs of the network, as it declares them
   * @throws dev.lathe.error.LatheException when the samples do not fit the inputs
   */
  SamplePass open(List<ValueInfo> inputs);

  /** All but the first samples. */
  Samples skip(long samples);

  /**
   * The first samples of some data: of an {@code .npz} archive with an array per input where a
   * model has several inputs or one that is no float, else of a data set of one array or image per
   * sample.
   *
   * @param inputs of the model
   * @param preprocess of a data set; arrays are taken as they are
   * @param most samples to use
   * @param batch samples per run, unless the model fixes it
   */
  static Samples of(
      Path data, List<ValueInfo> inputs, Preprocess preprocess, long most, int batch) {
    return isPerInput(data, inputs)
        ? NpzSamples.of(data, most, batch)
        : new DatasetSamples(Datasets.open(data, Datasets.Split.TRAIN), preprocess, most, batch);
  }

  private static boolean isPerInput(Path data, List<ValueInfo> inputs) {
    if (!NpzSamples.accepts(data)) {
      return false;
    }
    ValueInfo first = inputs.getFirst();
    boolean images = first.dtype() == null || first.dtype() == DType.FLOAT32;
    if (inputs.size() > 1 || !images) {
      return true;
    }
    Set<String> names = NpzArrays.names(data);
    return names.contains(first.name()) && !names.contains("x");
  }
}
