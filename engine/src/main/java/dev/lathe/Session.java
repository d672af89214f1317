package dev.lathe;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.ExecutionPlan;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a model. Thread-safe and stateless between runs. Sessions of one {@link Model} share its
 * packed weights.
 *
 * <pre>{@code
 * try (Session session = Session.open(Path.of("model.onnx"), RunOptions.standard().withThreads(4))) {
 *   Map<String, Tensor> result = session.run(Map.of("input", Tensor.of(pixels, 1, 3, 224, 224)));
 * }
 * }</pre>
 */
public final class Session implements AutoCloseable {

  /** A kernel that a node of the planned graph runs on. */
  public record KernelUse(String node, String operator, String kernel) {}

  private final NetworkRunner runner;

  private Session(NetworkRunner runner) {
    this.runner = runner;
  }

  /** Opens a model file on all processors and the best kernels. */
  public static Session open(Path file) {
    return open(Model.load(file), RunOptions.standard());
  }

  public static Session open(Path file, RunOptions options) {
    return open(Model.load(file), options);
  }

  public static Session open(Model model, RunOptions options) {
    return new Session(new NetworkRunner(model.network(), options));
  }

  /** What has to be fed, in the model's order. */
  public List<ValueInfo> inputs() {
    return runner.inputs();
  }

  public List<ValueInfo> outputs() {
    return runner.outputs();
  }

  /**
   * Runs the model once.
   *
   * @param inputs a tensor per input name, heap or native
   * @return a heap tensor per output name
   * @throws UsageException naming every missing, unknown or ill-shaped input
   */
  public Map<String, Tensor> run(Map<String, Tensor> inputs) {
    List<Tensor> results = runner.run(inOrder("input", inputs(), inputs));
    Map<String, Tensor> byName = new LinkedHashMap<>();
    for (int i = 0; i < results.size(); i++) {
      byName.put(outputs().get(i).name(), results.get(i));
    }
    return byName;
  }

  /**
   * Runs the model once into tensors of the caller.
   *
   * @param outputs a tensor per output name, of the shape the inputs imply
   */
  public void run(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    runner.run(inOrder("input", inputs(), inputs), inOrder("output", outputs(), outputs));
  }

  /**
   * The kernels that run for inputs of the declared shapes, open dimensions set to {@code open}.
   */
  public List<KernelUse> kernels(long open) {
    ExecutionPlan plan = runner.planFor(runner.declaredFacts(open));
    return plan.steps().stream()
        .map(
            step ->
                new KernelUse(step.node().name(), step.node().qualifiedOp(), step.step().kernel()))
        .toList();
  }

  /** The engine underneath, for tools that profile or repeat runs without allocation. */
  public NetworkRunner runner() {
    return runner;
  }

  private static List<Tensor> inOrder(
      String what, List<ValueInfo> declared, Map<String, Tensor> given) {
    List<Problem> problems = new ArrayList<>();
    List<Tensor> ordered = new ArrayList<>();
    for (ValueInfo info : declared) {
      Tensor tensor = given.get(info.name());
      if (tensor == null) {
        problems.add(
            new Problem(
                what + " '" + info.name() + "' is missing", info.toString(), "", "feed it"));
      } else {
        ordered.add(tensor);
      }
    }
    List<String> names = declared.stream().map(ValueInfo::name).toList();
    for (String name : given.keySet()) {
      if (!names.contains(name)) {
        problems.add(
            new Problem(
                "the model has no " + what + " '" + name + "'",
                what + "s " + declared,
                "",
                "use one of " + names));
      }
    }
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
    return ordered;
  }

  /** Idempotent; frees native memory as soon as no run is under way. */
  @Override
  public void close() {
    runner.close();
  }
}
