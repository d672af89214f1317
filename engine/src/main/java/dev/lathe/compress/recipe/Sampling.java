package dev.lathe.compress.recipe;

import dev.lathe.compress.Samples;
import dev.lathe.data.Preprocess;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which samples of some data are observed, and how.
 *
 * @param most samples
 * @param batch samples per run, unless the model fixes it
 * @param preprocess a name or specification; null for what the model's metadata says
 */
public record Sampling(long most, int batch, @Nullable String preprocess) {

  public static final Sampling STANDARD = new Sampling(512, 16, null);

  public Sampling {
    if (most < 1 || batch < 1) {
      throw new UsageException(
          new Problem(
              "samples and batch must be at least 1",
              "samples " + most + ", batch " + batch,
              "",
              ""));
    }
  }

  /** The samples of some data for a model. */
  public Samples of(Path data, Network network) {
    return Samples.of(
        data,
        network.graph().inputs(),
        Preprocess.choose(preprocess, network.metadata()),
        most,
        batch);
  }
}
