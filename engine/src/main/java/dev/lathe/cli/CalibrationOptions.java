package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.compress.recipe.WatchedSamples;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Options of commands that observe a network with samples. */
final class CalibrationOptions {

  @Option(
      names = "--data",
      paramLabel = "D",
      description =
          "Samples to observe the model with: IDX, .npz or a folder of images; for other inputs an"
              + " .npz with an array per input.")
  @Nullable Path data;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Most samples to observe (default: ${DEFAULT-VALUE}).")
  long samples = 512;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      description = "A name or specification (default: what the model's metadata says, else none).")
  @Nullable String preprocess;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Samples per run while observing (default: ${DEFAULT-VALUE}).")
  int batch = 16;

  @Option(
      names = "--max-memory",
      paramLabel = "BYTES",
      converter = Converters.Bytes.class,
      description = "Most memory for what is observed (default: 512M).")
  long maxMemory = 512L << 20;

  /**
   * Checks what can be told without reading data.
   *
   * @param observes whether there is something to observe, or a state of what was
   */
  void check(CommandSpec spec, boolean observes) {
    for (String option : List.of("--samples", "--preprocess", "--batch", "--max-memory")) {
      if (!observes && spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw meaningless(
            option, "there are no samples to observe", "give --data D, or leave it out");
      }
    }
    sampling();
  }

  /**
   * Refuses data that nothing looked at.
   *
   * @param samples what the command had, or null
   * @param method that had them
   */
  static void requireOpened(@Nullable WatchedSamples samples, String method) {
    if (samples != null && !samples.opened()) {
      throw meaningless("--data", method + " does not look at samples", "leave it out");
    }
  }

  private static UsageException meaningless(String option, String why, String remedy) {
    return new UsageException(
        new Problem(option + " has no meaning here", "command line", why, remedy));
  }

  Sampling sampling() {
    return new Sampling(samples, batch, preprocess);
  }

  /** The samples for a model, or null when no data was given. */
  @Nullable Samples samples(Network network) {
    return data == null ? null : sampling().of(data, network);
  }

  /** What a method that observes the model may use. */
  CompressionContext context(Network network, EngineOptions engine, Console console) {
    return new CompressionContext(
        samples(network), engine.runOptions(), maxMemory, new ProgressLines(console));
  }
}
