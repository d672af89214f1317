package dev.lathe.cli;

import dev.lathe.compress.prune.ChannelBudget;
import dev.lathe.compress.prune.ChannelShare;
import dev.lathe.compress.prune.TargetMacs;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code lathe prune --granularity channel}. */
final class ChannelOptions {

  @Option(
      names = "--target-macs",
      paramLabel = "R",
      description =
          "With --granularity channel: remove channels until this share of the multiply-accumulates"
              + " is left, wherever they matter least for it.")
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

  /** Refuses these options where channels stay. */
  void refuse() {
    if (targetMacs != null || roundTo != null || reconstruct) {
      String option = targetMacs != null ? "--target-macs" : "--round-to";
      throw new UsageException(
          new Problem(
              (reconstruct ? "--reconstruct" : option) + " has no meaning here",
              "command line",
              "only --granularity channel removes channels",
              "leave it out"));
    }
  }

  ChannelBudget budget(@Nullable Double sparsity, boolean global) {
    int multiple = roundTo == null ? 1 : roundTo;
    if (targetMacs != null && sparsity == null && !global) {
      return new TargetMacs(targetMacs, multiple);
    }
    if (sparsity != null && targetMacs == null) {
      return new ChannelShare(sparsity, global, multiple);
    }
    throw new UsageException(
        new Problem(
            "how many channels go is said in one way",
            "command line",
            "--sparsity, with or without --global, is a share of the channels; --target-macs looks"
                + " at all layers anyway",
            "give either --sparsity or --target-macs"));
  }
}
