package dev.lathe.report;

import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.StepTimes;
import dev.lathe.runtime.Invocation;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the time of a plan goes.
 *
 * @param steps in execution order
 * @param runs runs behind the times
 */
public record Profile(List<Step> steps, int runs) {

  /**
   * One step.
   *
   * @param shape of the node's first output
   * @param micros mean time
   * @param share of the time of all steps, 0..1
   * @param macs multiply-accumulates, credited to the node's longest step; 0 for the others
   */
  public record Step(
      String node,
      String operator,
      String kernel,
      String shape,
      double micros,
      double share,
      long macs) {

    /** 10^9 multiply-accumulates per second; 0 for a step without any. */
    public double gmacs() {
      return macs == 0 || micros == 0 ? 0 : macs / micros / 1e3;
    }
  }

  public Profile {
    steps = List.copyOf(steps);
  }

  /** Runs a warm invocation and times every step. */
  public static Profile of(
      Invocation invocation, List<Tensor> inputs, List<Tensor> outputs, int runs) {
    ExecutionPlan plan = invocation.plan();
    StepTimes times = new StepTimes(plan);
    for (int run = 0; run < runs; run++) {
      invocation.run(inputs, outputs, times);
    }
    List<ExecutionPlan.PlannedStep> planned = plan.steps();
    Map<String, Integer> longest = new LinkedHashMap<>();
    long total = 0;
    for (int i = 0; i < planned.size(); i++) {
      total += times.nanos(i);
      longest.merge(
          planned.get(i).node().name(), i, (a, b) -> times.nanos(a) >= times.nanos(b) ? a : b);
    }
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < planned.size(); i++) {
      steps.add(step(plan, i, times.nanos(i), runs, total, longest));
    }
    return new Profile(steps, runs);
  }

  private static Step step(
      ExecutionPlan plan,
      int index,
      long nanos,
      int runs,
      long total,
      Map<String, Integer> longest) {
    ExecutionPlan.PlannedStep planned = plan.steps().get(index);
    boolean credited = longest.getOrDefault(planned.node().name(), -1) == index;
    var output = plan.values().get(planned.node().output(0));
    return new Step(
        planned.node().name(),
        planned.node().qualifiedOp(),
        planned.step().kernel(),
        output == null ? "" : output.shape().toString(),
        nanos / 1e3 / runs,
        total == 0 ? 0 : (double) nanos / total,
        credited ? Macs.of(planned.node(), plan.values()::get) : 0);
  }

  /** Multiply-accumulates of one run of a plan. */
  public static long macs(ExecutionPlan plan) {
    Map<String, Long> byNode = new LinkedHashMap<>();
    plan.steps()
        .forEach(
            step -> byNode.put(step.node().output(0), Macs.of(step.node(), plan.values()::get)));
    return byNode.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Names of everything that ran, each once, in order. */
  public static List<String> kernels(ExecutionPlan plan) {
    return plan.steps().stream().map(step -> step.step().kernel()).distinct().toList();
  }

  /** The steps as JSON, times in microseconds. */
  public List<Map<String, Object>> json() {
    return steps.stream().map(Profile::json).toList();
  }

  private static Map<String, Object> json(Step step) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("node", step.node());
    json.put("op", step.operator());
    json.put("kernel", step.kernel());
    json.put("shape", step.shape());
    json.put("us", step.micros());
    json.put("share", step.share());
    json.put("macs", step.macs());
    json.put("gmacs", step.gmacs());
    return json;
  }
}
