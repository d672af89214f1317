package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
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

  /** Checks what can be told without reading data. */
  void check() {
    sampling();
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
