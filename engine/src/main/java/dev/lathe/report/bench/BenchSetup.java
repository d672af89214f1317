package dev.lathe.report.bench;

import dev.lathe.graph.Network;
import dev.lathe.measure.Effort;
import dev.lathe.measure.Peer;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
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

  /** Told how far a long task is. */
  public interface Progress {
    void update(String task, long done, long total);
  }
}
