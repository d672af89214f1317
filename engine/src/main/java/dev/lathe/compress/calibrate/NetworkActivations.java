package dev.lathe.compress.calibrate;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A network whose observed values are further outputs. Needs memory for all of them at once, for
 * one batch.
 */
public final class NetworkActivations implements ActivationSource {

  private final NetworkRunner runner;
  private final List<String> outputs;
  private final Set<String> observed;

  private NetworkActivations(NetworkRunner runner, List<String> outputs, Set<String> observed) {
    this.runner = runner;
    this.outputs = outputs;
    this.observed = observed;
  }

  /**
   * Prepares a network.
   *
   * @param observed names of float values: inputs or outputs of nodes
   */
  public static NetworkActivations of(Network network, Set<String> observed, RunOptions options) {
    Graph graph = network.graph();
    List<ValueInfo> outputs = new ArrayList<>(graph.outputs());
    for (String name : observed) {
      if (!graph.isOutput(name) && !graph.isInput(name)) {
        outputs.add(new ValueInfo(name, DType.FLOAT32, null, null));
      }
    }
    Graph widened =
        new Graph(
            graph.name(),
            graph.inputs(),
            outputs,
            graph.constants(),
            graph.nodes(),
            graph.valueInfos(),
            graph.opaque());
    return new NetworkActivations(
        new NetworkRunner(network.withGraph(widened), options),
        outputs.stream().map(ValueInfo::name).toList(),
        Set.copyOf(observed));
  }

  @Override
  public void run(List<Tensor> inputs, BiConsumer<String, Tensor> consumer) {
    List<Tensor> results = runner.run(inputs);
    for (int i = 0; i < inputs.size(); i++) {
      String name = runner.inputs().get(i).name();
      if (observed.contains(name)) {
        consumer.accept(name, inputs.get(i));
      }
    }
    for (int i = 0; i < outputs.size(); i++) {
      if (observed.contains(outputs.get(i))) {
        consumer.accept(outputs.get(i), results.get(i));
      }
    }
  }

  @Override
  public void close() {
    runner.close();
  }
}
