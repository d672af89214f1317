package dev.lathe.compress.prune;

import java.util.BitSet;
import java.util.List;

/**
 * The {@link Share} at the end of a schedule, which the provenance keeps for training: nothing is
 * trained here, so all of it is zeroed at once.
 */
public record ScheduledShare(PruneSchedule schedule, boolean global) implements Budget {

  /** What the schedule zeroes up to a training step. */
  public Share at(long step) {
    return new Share(schedule.at(step), global);
  }

  @Override
  public String describe() {
    return at(schedule.end()).describe() + ", schedule " + schedule;
  }

  @Override
  public List<BitSet> choose(List<ScoredWeight> weights) {
    return at(schedule.end()).choose(weights);
  }

  @Override
  public List<String> warnings() {
    return List.of(
        "nothing is trained here: the sparsity at the end of the schedule, "
            + schedule.to()
            + ", was reached at once");
  }
}
