package dev.lathe.report;

import dev.lathe.graph.Macs;
import dev.lathe.graph.Node;
import dev.lathe.graph.Traffic;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.plan.StepTimes;
import dev.lathe.runtime.Invocation;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.statistics.descriptive.Median;

/**
 * Where the time of a plan goes.
 *
 * @param steps in execution order
 * @param runs runs behind the times
 */
public record Profile(List<Step> steps, int runs) {

  /**
   * What zeros among a node's weights mean for its kernel.
   *
   * @param share of the weights that are zero, 0..1
   * @param skipped share of the multiply-accumulates that is left out, 0..1
   * @param why the kernel was picked, in words; empty where no sparse one could run the node
   */
  public record Zeros(double share, double skipped, String why) {

    /** So few that nobody asks. */
    private static final double FEW = 0.05;

    /** Whether there are enough to say something about. */
    public boolean matter() {
      return share >= FEW && !why.isEmpty();
    }

    /** Of a node that nothing is known of. */
    public static final Zeros NONE = new Zeros(0, 0, "");

    static Zeros of(Node node, ExecutionPlan plan) {
      SparseForecast forecast = plan.forecasts().get(node.name());
      return forecast == null
          ? NONE
          : new Zeros(
              forecast.sparsity(), forecast.chosen() ? forecast.sparsity() : 0, forecast.why());
    }
  }

  /**
   * One step.
   *
   * @param operands shapes of the node's inputs of one dimension or more, constants included
   * @param shape of the node's first output
   * @param micros mean time
   * @param share of the time of all steps, 0..1
   * @param macs multiply-accumulates, credited to the node's longest step; 0 for the others
   * @param bytes the node must move, weights, inputs and outputs once, credited alike
   * @param zeros of the node
   */
  public record Step(
      String node,
      String operator,
      String kernel,
      String operands,
      String shape,
      double micros,
      double share,
      long macs,
      long bytes,
      Zeros zeros) {

    /** Multiply-accumulates that are not left out. */
    public double executedMacs() {
      return macs * (1 - zeros.skipped);
    }

    /** The same step with another time. */
    public Step withMicros(double time, double ofAll) {
      return new Step(node, operator, kernel, operands, shape, time, ofAll, macs, bytes, zeros);
    }

    /** 10^9 multiply-accumulates per second; 0 for a step without any. */
    public double gmacs() {
      return macs == 0 || micros == 0 ? 0 : macs / micros / 1e3;
    }

    /** 10^9 bytes that must move per second; 0 for a step that is credited none. */
    public double gbs() {
      return micros == 0 ? 0 : bytes / micros / 1e3;
    }

    /** The step as JSON, its time in microseconds. */
    public Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("node", node);
      json.put("op", operator);
      json.put("kernel", kernel);
      json.put("inputs", operands);
      json.put("shape", shape);
      json.put("us", micros);
      json.put("share", share);
      json.put("macs", macs);
      json.put("gmacs", gmacs());
      if (zeros.matter()) {
        json.put("zeros", zeros.share);
        json.put("skipped", zeros.skipped);
        json.put("why", zeros.why);
      }
      json.put("bytes", bytes);
      json.put("gbs", gbs());
      return json;
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

  /**
   * Every step's median over some profiles: a step that was interrupted in one counts for nothing.
   */
  public static Profile typical(List<Profile> profiles) {
    List<Step> first = profiles.getFirst().steps();
    double[] micros = new double[first.size()];
    for (int i = 0; i < micros.length; i++) {
      int step = i;
      micros[i] =
          Median.withDefaults()
              .evaluate(
                  profiles.stream()
                      .mapToDouble(profile -> profile.steps().get(step).micros())
                      .toArray());
    }
    double total = Arrays.stream(micros).sum();
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < micros.length; i++) {
      steps.add(first.get(i).withMicros(micros[i], total == 0 ? 0 : micros[i] / total));
    }
    return new Profile(steps, profiles.stream().mapToInt(Profile::runs).sum());
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
        operands(planned.node(), plan),
        output == null ? "" : output.shape().toString(),
        nanos / 1e3 / runs,
        total == 0 ? 0 : (double) nanos / total,
        credited ? Macs.of(planned.node(), plan.values()::get) : 0,
        credited ? Traffic.of(planned.node(), plan.values()::get) : 0,
        Zeros.of(planned.node(), plan));
  }

  private static String operands(Node node, ExecutionPlan plan) {
    return node.inputs().stream()
        .map(plan.values()::get)
        .filter(fact -> fact != null && fact.shape().rank() > 0)
        .map(fact -> fact.shape().toString())
        .collect(Collectors.joining(", "));
  }

  /**
   * One node.
   *
   * @param kernels that work on it
   * @param macs multiply-accumulates
   * @param executed those that are not left out
   */
  public record Work(Set<String> kernels, long macs, double executed) {

    public Work {
      kernels = Set.copyOf(kernels);
    }
  }

  /** The nodes of a plan. */
  public static List<Work> work(ExecutionPlan plan) {
    Map<String, Work> byNode = new LinkedHashMap<>();
    for (ExecutionPlan.PlannedStep step : plan.steps()) {
      long macs = Macs.of(step.node(), plan.values()::get);
      double executed = macs * (1 - Zeros.of(step.node(), plan).skipped);
      byNode.merge(
          step.node().output(0),
          new Work(Set.of(step.step().kernel()), macs, executed),
          (a, b) -> {
            Set<String> kernels = new HashSet<>(a.kernels());
            kernels.addAll(b.kernels());
            return new Work(kernels, a.macs(), a.executed());
          });
    }
    return List.copyOf(byNode.values());
  }

  /** Names of everything that ran, each once, in order. */
  public static List<String> kernels(ExecutionPlan plan) {
    return plan.steps().stream().map(step -> step.step().kernel()).distinct().toList();
  }

  /** The steps as JSON, times in microseconds. */
  public List<Map<String, Object>> json() {
    return steps.stream().map(Step::json).toList();
  }
}
