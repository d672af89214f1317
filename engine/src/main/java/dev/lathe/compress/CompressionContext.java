package dev.lathe.compress;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.runtime.RunOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a method of compression may use beside the network.
 *
 * @param samples to observe the network with; null when there are none, never made up
 * @param runOptions how the network is run on them
 * @param maxBytes most memory for what is observed
 */
public record CompressionContext(
    @Nullable Samples samples, RunOptions runOptions, long maxBytes, Progress progress) {

  private static final long DEFAULT_BYTES = 512L << 20;

  /** No samples. */
  public static CompressionContext none() {
    return new CompressionContext(null, RunOptions.standard(), DEFAULT_BYTES, Progress.NONE);
  }

  public static CompressionContext of(Samples samples) {
    return none().withSamples(samples);
  }

  public CompressionContext withSamples(@Nullable Samples samples) {
    return new CompressionContext(samples, runOptions, maxBytes, progress);
  }

  public CompressionContext withProgress(Progress progress) {
    return new CompressionContext(samples, runOptions, maxBytes, progress);
  }

  /**
   * The samples.
   *
   * @param method that needs them, for the message
   * @throws UsageException when there are none
   */
  public Samples requireSamples(String method) {
    if (samples == null) {
      throw new UsageException(
          new Problem(
              method + " needs samples",
              "no data was given",
              "it learns from the activations of real inputs, and none are made up",
              "give --data D"));
    }
    return samples;
  }
}
