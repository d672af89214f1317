package dev.lathe.runtime;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.FloatMath;
import org.jspecify.annotations.Nullable;

/**
 * How a network is run.
 *
 * @param threads worker threads, the caller's included; 1 runs on the caller's thread alone
 * @param isa forced tier, or null for the best
 * @param math how float32 products of constant weights multiply
 */
public record RunOptions(int threads, @Nullable Isa isa, FloatMath math) {

  public RunOptions {
    if (threads < 1 || threads > 1024) {
      throw new dev.lathe.error.UsageException(
          dev.lathe.error.Problem.of("threads must be 1 to 1024, got " + threads, "options"));
    }
  }

  /** With products in fp32. */
  public RunOptions(int threads, @Nullable Isa isa) {
    this(threads, isa, FloatMath.FP32);
  }

  /** As many threads as the container grants processors, and the best tier. */
  public static RunOptions standard() {
    return new RunOptions(Runtime.getRuntime().availableProcessors(), null, FloatMath.FP32);
  }

  public RunOptions withThreads(int threads) {
    return new RunOptions(threads, isa, math);
  }

  public RunOptions withIsa(@Nullable Isa isa) {
    return new RunOptions(threads, isa, math);
  }

  public RunOptions withMath(FloatMath math) {
    return new RunOptions(threads, isa, math);
  }
}
