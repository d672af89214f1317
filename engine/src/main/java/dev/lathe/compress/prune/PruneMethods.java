package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.stream.Collectors;

/** Every method of pruning. */
public final class PruneMethods {

  public static final List<PruneMethod> ALL =
      List.of(
          new PruneMethod("l1", seed -> new L1Score(), false),
          new PruneMethod("l2", seed -> new L2Score(), false),
          new PruneMethod("threshold", seed -> new L1Score(), true),
          new PruneMethod("random", RandomScore::new, false),
          new PruneMethod("sampled", SampledScore::new, false),
          new PruneMethod("sensitivity", seed -> new SensitivityScore(), false),
          new PruneMethod("greedy", seed -> new GreedyScore(), false),
          new PruneMethod("obs", seed -> new ObsScore(), false));

  private PruneMethods() {}

  /**
   * The method of that name.
   *
   * @throws UsageException naming the known methods
   */
  public static PruneMethod parse(String name) {
    return ALL.stream()
        .filter(method -> method.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    new Problem("unknown method", "'" + name + "'", "", "use one of " + names())));
  }

  /** The names, separated by commas. */
  public static String names() {
    return ALL.stream().map(PruneMethod::name).collect(Collectors.joining(", "));
  }
}
