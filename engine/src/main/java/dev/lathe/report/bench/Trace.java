package dev.lathe.report.bench;

import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.StepTimes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs in the Trace Event Format that Chrome's and Perfetto's viewers read: one process per model,
 * one slice per run and one per step in it. Steps follow each other without a gap.
 */
public final class Trace {

  private final List<Run> runs = new ArrayList<>();

  /** One run: its steps, their times and when it began, on the clock of {@link System#nanoTime}. */
  record Run(
      String model, List<ExecutionPlan.PlannedStep> steps, StepTimes times, long startNanos) {

    long nanos() {
      long total = 0;
      for (int i = 0; i < steps.size(); i++) {
        total += times.nanos(i);
      }
      return total;
    }
  }

  void add(Run run) {
    runs.add(run);
  }

  /** The whole file. */
  public Map<String, Object> json() {
    List<Map<String, Object>> events = new ArrayList<>();
    List<String> models = runs.stream().map(Run::model).distinct().toList();
    for (int pid = 0; pid < models.size(); pid++) {
      events.add(
          Map.of(
              "name",
              "process_name",
              "ph",
              "M",
              "pid",
              pid,
              "tid",
              0,
              "args",
              Map.of("name", models.get(pid))));
    }
    long origin = runs.stream().mapToLong(Run::startNanos).min().orElse(0);
    for (Run run : runs) {
      int pid = models.indexOf(run.model());
      long at = run.startNanos() - origin;
      events.add(slice("run", "run", pid, at, run.nanos(), Map.of()));
      for (int i = 0; i < run.steps().size(); i++) {
        ExecutionPlan.PlannedStep step = run.steps().get(i);
        events.add(
            slice(
                step.node().name(),
                step.node().qualifiedOp(),
                pid,
                at,
                run.times().nanos(i),
                Map.of("operator", step.node().qualifiedOp(), "kernel", step.step().kernel())));
        at += run.times().nanos(i);
      }
    }
    return Map.of("traceEvents", events, "displayTimeUnit", "ms");
  }

  private static Map<String, Object> slice(
      String name, String category, int pid, long at, long nanos, Map<String, Object> args) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("name", name);
    event.put("cat", category);
    event.put("ph", "X");
    event.put("ts", at / 1e3);
    event.put("dur", nanos / 1e3);
    event.put("pid", pid);
    event.put("tid", 0);
    event.put("args", args);
    return event;
  }
}
