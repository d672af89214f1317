package dev.lathe.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code lathe prune --granularity channel}. */
final class ChannelOptions {

  @Option(
      names = "--target-macs",
      paramLabel = "R",
      description =
          "With --granularity channel or operation: remove them until this share of the"
              + " multiply-accumulates is left, wherever they matter least for it.")
  @Nullable Double targetMacs;

  @Option(
      names = "--round-to",
      paramLabel = "N",
      description = "With --granularity channel: keep multiples of N channels, such as 4, 8 or 16.")
  @Nullable Integer roundTo;

  @Option(
      names = "--reconstruct",
      description =
          "With --granularity channel: fit the weights that are left to what the whole layers made"
              + " of the samples of --data.")
  boolean reconstruct;
}
