package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.file.OnnxView;
import dev.lathe.graph.Network;
import dev.lathe.measure.Peer;
import dev.lathe.report.Difference;
import dev.lathe.report.OutputStep;
import dev.lathe.report.Tolerance;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Compares a model's outputs with those of another model, of another engine, or both. */
final class AgainstOptions {

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      description = "Another model with the same inputs and outputs.")
  @Nullable Path other;

  @Option(
      names = "--peer",
      paramLabel = "ID",
      description = "Another engine on the same model: ort (ONNX Runtime).")
  @Nullable String peer;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "Largest difference, as a share of the largest output value (default: 1e-4; 0.05 when a"
              + " model is quantized).")
  @Nullable Double tolerance;

  @Option(
      names = "--argmax",
      paramLabel = "PERCENT",
      description = "Least share of samples with the same highest output (default: 99.5).")
  double argmax = 99.5;

  /** One output's difference and how much of it is within a quantization step. */
  private record Output(Difference difference, double step, long within) {}

  /** Refuses limits that nothing can meet or everything does. */
  void check() {
    if (tolerance != null && !(tolerance >= 0)) {
      throw new UsageException(Problem.of("--tolerance must be 0 or more", "command line"));
    }
    if (!(argmax >= 0 && argmax <= 100)) {
      throw new UsageException(Problem.of("--argmax must be 0 to 100", "command line"));
    }
  }

  /** Runs what was asked for; returns what is beyond the tolerance. */
  List<Problem> compare(
      Path model,
      Network network,
      List<List<Tensor>> inputs,
      Console console,
      Map<String, Object> json) {
    List<Problem> problems = new ArrayList<>();
    List<Map<String, Object>> comparisons = new ArrayList<>();
    RunOptions one = RunOptions.standard().withThreads(1);
    try (NetworkRunner runner = new NetworkRunner(network, one)) {
      if (other != null) {
        Network second = ModelFiles.read(other);
        try (NetworkRunner against = new NetworkRunner(second, one)) {
          double allowed = Math.max(Tolerance.of(network), Tolerance.of(second));
          Map<String, Output> outputs = run(runner, against::run, inputs);
          problems.addAll(report(other.toString(), outputs, allowed, console, comparisons));
        }
      }
      if (peer != null) {
        Peer engine = Peers.require(peer);
        try (OnnxView onnx = OnnxView.of(model);
            Peer.PeerSession session = engine.open(onnx.file(), 1)) {
          Map<String, Output> outputs = run(runner, session::run, inputs);
          problems.addAll(
              report(engine.description(), outputs, Tolerance.of(network), console, comparisons));
        }
      }
    }
    if (!comparisons.isEmpty()) {
      json.put("against", comparisons);
    }
    return problems;
  }

  private static Map<String, Output> run(
      NetworkRunner runner, UnaryOperator<List<Tensor>> against, List<List<Tensor>> inputs) {
    Map<String, Output> outputs = new LinkedHashMap<>();
    for (List<Tensor> sample : inputs) {
      List<Tensor> left = runner.run(sample);
      List<Tensor> right = against.apply(sample);
      for (int i = 0; i < left.size(); i++) {
        String name = runner.outputs().get(i).name();
        double step = OutputStep.of(runner.network(), name);
        Output one =
            new Output(
                Difference.of(name, left.get(i), right.get(i)),
                step,
                OutputStep.within(left.get(i), right.get(i), step));
        outputs.merge(
            name,
            one,
            (a, b) ->
                new Output(a.difference().plus(b.difference()), step, a.within() + b.within()));
      }
    }
    return outputs;
  }

  private List<Problem> report(
      String name,
      Map<String, Output> outputs,
      double allowed,
      Console console,
      List<Map<String, Object>> comparisons) {
    double limit = tolerance == null ? allowed : tolerance;
    List<Problem> problems = new ArrayList<>();
    Table table =
        new Table("output", "max abs", "max rel", "same argmax %", "identical %", "in a step %");
    List<Map<String, Object>> json = new ArrayList<>();
    outputs.forEach(
        (output, result) -> {
          Difference difference = result.difference();
          double elements = Math.max(1, difference.elements());
          double within = 100 * result.within() / elements;
          boolean stepped = !Double.isNaN(result.step());
          table.row(
              output,
              text("%.3g", difference.maxAbs()),
              text("%.3g", difference.relative()),
              text("%.2f", 100 * difference.argmaxAgreement()),
              text("%.2f", 100 * difference.identical() / elements),
              stepped ? text("%.3f", within) : "-");
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("output", output);
          one.putAll(difference.json());
          if (stepped) {
            one.put("step", result.step());
            one.put("within_step", within / 100);
          }
          json.add(one);
          if (!difference.isWithin(limit) || 100 * difference.argmaxAgreement() < argmax) {
            problems.add(beyond(name, output, difference, limit));
          }
        });
    console.print("");
    console.print("against " + name);
    table.lines().forEach(console::print);
    comparisons.add(Map.of("name", name, "tolerance", limit, "argmax", argmax, "outputs", json));
    return problems;
  }

  private Problem beyond(String name, String output, Difference difference, double limit) {
    return new Problem(
        text(
            "output '%s' differs by %.3g of its largest value; same argmax for %.2f %% of samples",
            output, difference.relative(), 100 * difference.argmaxAgreement()),
        "comparison with " + name,
        text("tolerated: %.3g and at least %.2f %%", limit, argmax),
        "give a wider --tolerance or lower --argmax if that is expected");
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
