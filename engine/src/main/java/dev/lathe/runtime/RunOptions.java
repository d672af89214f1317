package dev.lathe.runtime;

import dev.lathe.cpu.Isa;
import org.jspecify.annotations.Nullable;

/**
 * How a network is run.
 *
 * @param threads worker threads, the caller's included; 1 runs on the caller's thread alone
 * @param isa forced tier, or null for the best
 */
public record RunOptions(int threads, @Nullable Isa isa) {

  public RunOptions {
    if (threads < 1 || threads > 1024) {
      throw new dev.lathe.error.UsageException(
          dev.lathe.error.Problem.of("threads must be 1 to 1024, got " + threads, "options"));
    }
  }

  /** As many threads as the container grants processors, and the best tier. */
  public static RunOptions standard() {
    return new RunOptions(Runtime.getRuntime().availableProcessors(), null);
  }

  public RunOptions withThreads(int threads) {
    return new RunOptions(threads, isa);
  }

  public RunOptions withIsa(@Nullable Isa isa) {
    return new RunOptions(threads, isa);
  }
}
