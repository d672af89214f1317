package dev.lathe.report.explain;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Traffic;
import dev.lathe.measure.Bootstrap;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.report.Profile;
import dev.lathe.report.bench.Bandwidth;
import dev.lathe.report.bench.Peak;
import dev.lathe.report.bench.Peaks;
import dev.lathe.report.bench.Roofline;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose times are computed: every step takes the longer of the work of whole tiles at a
 * rate and its bytes at a bandwidth. It is simple enough to know why a network is slow on it.
 */
final class SimulatedMachine implements Gauge {

  private static final Pattern TILE = Pattern.compile("_brgemm_(\\d+)x(\\d+)");
  private static final double FLOAT = 50;
  private static final double GBS = 20;

  /** Steps of a tile's reduction that starting and storing it take. */
  private static final int TILE_COST = 24;

  private final double integer;

  /**
   * @param integer rate of 8-bit products, 10^9 per second; those of fp32 take 50
   */
  SimulatedMachine(double integer) {
    this.integer = integer;
  }

  @Override
  public Profile profile(Invocation invocation, List<Tensor> inputs) {
    ExecutionPlan plan = invocation.plan();
    Profile untimed = Profile.of(invocation, inputs, outputs(plan), 1);
    double total = 0;
    for (ExecutionPlan.PlannedStep step : plan.steps()) {
      total += micros(step, plan, 1);
    }
    List<Profile.Step> steps = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      Profile.Step step = untimed.steps().get(i);
      double micros = micros(plan.steps().get(i), plan, 1);
      Work work = Work.of(plan.steps().get(i).node(), plan.values()::get);
      boolean works = isMain(plan.steps().get(i), plan);
      steps.add(
          new Profile.Step(
              step.node(),
              step.operator(),
              step.kernel(),
              step.operands(),
              step.shape(),
              micros,
              micros / total,
              works && work != null ? work.macs() : 0,
              works ? Traffic.of(plan.steps().get(i).node(), plan.values()::get) : 0,
              step.zeros()));
    }
    return new Profile(steps, 1);
  }

  private static List<Tensor> outputs(ExecutionPlan plan) {
    return plan.outputs().stream().map(fact -> Tensor.zeros(fact.dtype(), fact.shape())).toList();
  }

  @Override
  public Roofline roofline(int threads, Collection<String> kernels) {
    Peak fma = new Peak("f32_fmaprobe__vector256", Isa.VECTOR256, threads, FLOAT);
    return new Roofline(
        new Peaks(fma, Map.of()),
        new Bandwidth("s32_readprobe", List.of(new Bandwidth.Point(1, GBS))));
  }

  @Override
  public Bootstrap.Interval ratio(Variant before, Variant after) {
    double ratio = micros(after) / micros(before);
    return new Bootstrap.Interval(ratio, ratio, ratio);
  }

  private double micros(Variant variant) {
    try (NetworkRunner runner = new NetworkRunner(variant.network().get(), variant.options());
        Invocation invocation = runner.prepare(runner.declaredFacts(1))) {
      ExecutionPlan plan = invocation.plan();
      return plan.steps().stream()
          .mapToDouble(step -> micros(step, plan, variant.options().threads()))
          .sum();
    }
  }

  /** The last step of a node does its work; what comes before prepares it. */
  private static boolean isMain(ExecutionPlan.PlannedStep step, ExecutionPlan plan) {
    return plan.steps().reversed().stream()
        .filter(other -> other.node().equals(step.node()))
        .findFirst()
        .filter(last -> last.equals(step))
        .isPresent();
  }

  private double micros(ExecutionPlan.PlannedStep step, ExecutionPlan plan, int threads) {
    double meeting = 5.0 * (threads - 1);
    double bytes = Traffic.of(step.node(), plan.values()::get) / GBS / 1e3;
    Work work = Work.of(step.node(), plan.values()::get);
    if (!isMain(step, plan) || work == null) {
      return meeting + 2 * bytes + 0.1;
    }
    double rate = work.integer() ? integer : FLOAT;
    if (work.depthwise()) {
      return meeting + Math.max(bytes, work.macs() / (rate / 8) / 1e3);
    }
    return meeting + Math.max(bytes, whole(work, step.step().kernel()) / rate / 1e3);
  }

  /** Multiply-accumulates of whole tiles, and what they cost beside. */
  private static double whole(Work work, @Nullable String kernel) {
    Matcher tile = TILE.matcher(String.valueOf(kernel));
    boolean tiled = tile.find();
    long mr = tiled ? Long.parseLong(tile.group(1)) : 1;
    long nr = tiled ? Long.parseLong(tile.group(2)) : 1;
    long rows = Math.ceilDiv(work.m(), mr) * mr;
    long columns = Math.ceilDiv(work.n(), nr) * nr * work.groups();
    int channels = work.channels() / work.groups();
    double depth = work.integer() && channels < 4 ? work.depth() * 4.0 / channels : work.depth();
    return rows * columns * (depth + TILE_COST);
  }
}
