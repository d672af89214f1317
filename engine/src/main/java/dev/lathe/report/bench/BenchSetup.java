package dev.lathe.report.bench;

import dev.lathe.graph.Network;
import dev.lathe.measure.Peer;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be timed and how.
 *
 * @param peer what every model is compared with besides, or null
 * @param tolerance largest difference of outputs from the peer's, in units of the largest output;
 *     null for {@link dev.lathe.report.Tolerance}'s
 * @param profile whether every step is timed afterwards
 * @param traces runs to trace, or 0
 */
public record BenchSetup(
    List<Path> models,
    RunOptions options,
    @Nullable Peer peer,
    Inputs inputs,
    Effort effort,
    @Nullable Double tolerance,
    boolean profile,
    int traces) {

  public BenchSetup {
    models = List.copyOf(models);
  }

  /** Makes a model's inputs. */
  public interface Inputs {
    List<Tensor> of(Network network);
  }

  /**
   * How long to measure.
   *
   * @param warmUp at most
   * @param time of one comparison, or of one model that is timed alone
   * @param iterations timed runs instead of a time, or 0
   * @param blocks ABBA blocks instead of a time, or 0
   */
  public record Effort(Duration warmUp, Duration time, int iterations, int blocks) {

    /** Timed runs of a model that takes {@code nanos}. */
    int runs(double nanos) {
      if (iterations > 0) {
        return iterations;
      }
      return Math.clamp(Math.round(time.toNanos() / Math.max(1, nanos)), 10, 1_000_000);
    }

    /** Blocks of a comparison of two models; {@code nanos} is the sum of their times. */
    int blocks(double nanos) {
      if (blocks > 0) {
        return blocks;
      }
      double perBlock = Math.max(2 * nanos, 4e6);
      return iterations > 0
          ? Math.ceilDiv(iterations, 2)
          : (int) Math.min(time.toNanos() / perBlock, 2_000);
    }
  }

  /** Told how far a long task is. */
  public interface Progress {
    void update(String task, long done, long total);
  }
}
