package dev.lathe.cli;

import dev.lathe.compress.Compression;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneSchedule;
import dev.lathe.compress.prune.ScheduledShare;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The prunings of a schedule. */
final class ScheduleText {

  private ScheduleText() {}

  /** Of a method; none without a schedule. */
  static List<PruneSchedule.Pruning> of(Compression method) {
    return method instanceof Prune prune && prune.budget() instanceof ScheduledShare scheduled
        ? scheduled.schedule().prunings()
        : List.of();
  }

  static void print(List<PruneSchedule.Pruning> prunings, Console console) {
    if (prunings.isEmpty()) {
      return;
    }
    Table table = new Table("training step", "sparsity");
    for (PruneSchedule.Pruning pruning : prunings) {
      table.row(
          String.format(Locale.ROOT, "%,d", pruning.step()),
          String.format(Locale.ROOT, "%.2f %%", 100 * pruning.sparsity()));
    }
    console.print("");
    table.lines().forEach(console::print);
  }

  /** Adds them to a JSON report. */
  static void put(Map<String, Object> json, List<PruneSchedule.Pruning> prunings) {
    if (!prunings.isEmpty()) {
      json.put(
          "schedule",
          prunings.stream()
              .map(one -> Map.of("step", one.step(), "sparsity", one.sparsity()))
              .toList());
    }
  }
}
