package dev.lathe.report.explain;

import dev.lathe.cpu.Isa;
import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.measure.Bootstrap;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Planner;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.report.bench.BenchSetup;
import dev.lathe.report.bench.Roofline;
import dev.lathe.runtime.Invocation;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Times a model, asks every cause, and measures what mending each would win. */
public final class ExplainRun {

  /** Layers with a smaller share of the time are not worth a cause. */
  private static final double WORTH_SHARE = 0.005;

  /** What saves less of a layer's time is no cause. */
  private static final double WORTH_GAIN = 0.03;

  /** An interval whose ends are further apart says nothing. */
  private static final double WIDE = 1.5;

  private final Gauge gauge;
  private final BenchSetup.Progress progress;
  private final Map<List<Object>, Bootstrap.Interval> ratios = new HashMap<>();
  private int left;

  private ExplainRun(Gauge gauge, int trials, BenchSetup.Progress progress) {
    this.gauge = gauge;
    this.left = trials;
    this.progress = progress;
  }

  /**
   * Explains a model on some inputs.
   *
   * @param tiers of this process
   * @param trials how many pairs of layers are measured at most
   * @throws UnsupportedException for a model whose shapes depend on contents
   */
  public static Explanation of(
      Network network,
      List<Tensor> inputs,
      RunOptions options,
      Set<Isa> tiers,
      Gauge gauge,
      int trials,
      BenchSetup.Progress progress) {
    return new ExplainRun(gauge, trials, progress)
        .explain(scene(network, inputs, options, tiers, gauge));
  }

  private static Scene scene(
      Network network, List<Tensor> inputs, RunOptions options, Set<Isa> tiers, Gauge gauge) {
    List<TensorFact> facts = inputs.stream().map(TensorFact::constant).toList();
    try (NetworkRunner runner = new NetworkRunner(network, options);
        Invocation invocation = runner.prepare(facts)) {
      Profile profile = gauge.profile(invocation, inputs);
      Roofline roofline = gauge.roofline(options.threads(), Profile.kernels(invocation.plan()));
      Map<String, List<Roofline.Layer>> steps = new LinkedHashMap<>();
      for (Roofline.Layer step : roofline.layers(profile)) {
        steps.computeIfAbsent(step.step().node(), name -> new ArrayList<>()).add(step);
      }
      Map<String, Node> nodes = new HashMap<>();
      invocation.plan().steps().forEach(step -> nodes.put(step.node().name(), step.node()));
      List<Layer> layers = new ArrayList<>();
      steps.forEach(
          (name, own) -> {
            Node node = nodes.get(name);
            if (node != null) {
              layers.add(new Layer(node, own, Work.of(node, invocation.plan().values()::get)));
            }
          });
      Planner planner =
          new Planner(Operators.table(), KernelSelector.of(options.isa(), options.math()));
      Map<String, TensorFact> given = new LinkedHashMap<>();
      for (TensorFact fact : facts) {
        String name = network.graph().inputs().get(given.size()).name();
        given.put(name, TensorFact.of(fact.dtype(), fact.shape()));
      }
      Map<String, Long> opsets = new LinkedHashMap<>(network.opsets());
      opsets.put(Node.LATHE_DOMAIN, 1L);
      Graph graph = lowered(network, planner, opsets, given);
      return new Scene(
          graph,
          opsets,
          planner.infer(graph, opsets, given),
          layers,
          roofline,
          options,
          tiers,
          invocation.plan().forecasts());
    } catch (ContentRequiredException chain) {
      throw new UnsupportedException(
          new Problem(
              "the model runs as a chain of plans, whose steps are not timed",
              "graph '" + network.graph().name() + "'",
              chain.problems().getFirst().what(),
              "explain the part without such operators"),
          chain);
    }
  }

  /** The graph as the runner plans it. */
  private static Graph lowered(
      Network network, Planner planner, Map<String, Long> opsets, Map<String, TensorFact> inputs) {
    Graph model =
        PassPipeline.run(
            PassPipeline.MODEL,
            LocalFunctions.inlined(network).graph(),
            new PassContext(planner, opsets, null, new Notes()));
    return PassPipeline.run(
        PassPipeline.PLAN, model, new PassContext(planner, opsets, inputs, new Notes()));
  }

  private Explanation explain(Scene scene) {
    double least = WORTH_SHARE * scene.layers().stream().mapToDouble(Layer::micros).sum();
    List<Finding> findings = new ArrayList<>();
    for (Cause cause : Causes.ALL) {
      cause.find(scene).stream()
          .filter(finding -> finding.micros() >= least)
          .forEach(findings::add);
    }
    findings.sort(Comparator.comparingDouble(finding -> -finding.micros()));
    List<Explanation.Named> named = new ArrayList<>();
    List<Explanation.Named> unconfirmed = new ArrayList<>();
    for (int i = 0; i < findings.size(); i++) {
      progress.update("causes", i, findings.size());
      Explanation.Named one = measured(findings.get(i));
      boolean wins = one.saved() > WORTH_GAIN * one.finding().micros();
      (wins || one.finding().always() ? named : unconfirmed).add(one);
    }
    progress.update("causes", findings.size(), findings.size());
    named.sort(
        Comparator.comparingDouble((Explanation.Named one) -> -one.saved())
            .thenComparingDouble(one -> -one.finding().micros()));
    return new Explanation(
        Environment.of(scene.options()),
        scene.roofline(),
        scene.layers(),
        named,
        unconfirmed,
        Actions.of(named));
  }

  private Explanation.Named measured(Finding finding) {
    Trial trial = finding.trial();
    if (trial == null) {
      return new Explanation.Named(finding, null, finding.saves());
    }
    List<Object> key =
        List.of(
            trial.before().key(),
            trial.before().options(),
            trial.after().key(),
            trial.after().options());
    Bootstrap.Interval raw = ratios.get(key);
    if (raw == null) {
      if (left == 0) {
        return new Explanation.Named(
            finding.unmeasured("the trials were used up on layers that take longer"), null, 0);
      }
      left--;
      try {
        raw = gauge.ratio(trial.before(), trial.after());
      } catch (LatheException alone) {
        return new Explanation.Named(
            finding.unmeasured(
                "by itself the layer does not run: " + alone.problems().getFirst().what()),
            null,
            0);
      }
      ratios.put(key, raw);
    }
    Bootstrap.Interval ratio =
        new Bootstrap.Interval(
            raw.value() * trial.scale(), raw.low() * trial.scale(), raw.high() * trial.scale());
    if (ratio.high() > WIDE * ratio.low()) {
      return new Explanation.Named(
          finding.unmeasured(
              Cause.text(
                  "the machine was too busy: between %.2f and %.2f of the time",
                  ratio.low(), ratio.high())),
          null,
          0);
    }
    double saved = ratio.high() < 1 ? finding.micros() * (1 - ratio.value()) : 0;
    return new Explanation.Named(finding, ratio, saved);
  }
}
