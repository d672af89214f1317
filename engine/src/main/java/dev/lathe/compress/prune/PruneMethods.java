package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.stream.Collectors;

/** Every method of pruning. */
public final class PruneMethods {

  public static final List<PruneMethod> ALL =
      List.of(
          new PruneMethod("l1", seed -> new L1Score(), false, false),
          new PruneMethod("l2", seed -> new L2Score(), false, false),
          new PruneMethod("threshold", seed -> new L1Score(), false, true),
          new PruneMethod("random", RandomScore::new, true, false),
          new PruneMethod("sampled", SampledScore::new, true, false),
          new PruneMethod("sensitivity", seed -> new SensitivityScore(), false, false),
          new PruneMethod("greedy", seed -> new GreedyScore(), false, false),
          new PruneMethod("obs", seed -> new ObsScore(), false, false));

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

  /** Whether the method of that name depends on a seed. */
  public static boolean draws(String name) {
    return ALL.stream().anyMatch(method -> method.name().equals(name) && method.draws());
  }

  /** The names, separated by commas. */
  public static String names() {
    return ALL.stream().map(PruneMethod::name).collect(Collectors.joining(", "));
  }
}
