package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A graph inside a node. What it takes from the graph around it becomes further inputs. */
final class Body implements AutoCloseable {

  private final Node node;
  private final int inputs;
  private final List<String> captured = new ArrayList<>();
  private final GraphRunner runner;

  Body(Engine engine, Node node, Graph graph, Map<String, Tensor> constants) {
    this.node = node;
    this.inputs = graph.inputs().size();
    Map<String, Tensor> known = new LinkedHashMap<>(graph.constants());
    List<ValueInfo> ports = new ArrayList<>(graph.inputs());
    for (String name : SubGraphs.captured(graph)) {
      Tensor constant = constants.get(name);
      if (constant == null) {
        captured.add(name);
        ports.add(new ValueInfo(name, null, null, null));
      } else {
        known.put(name, constant);
      }
    }
    this.runner =
        new GraphRunner(
            engine,
            engine.lower(
                new Graph(
                    graph.name(),
                    ports,
                    graph.outputs(),
                    known,
                    graph.nodes(),
                    graph.valueInfos(),
                    graph.opaque())));
  }

  /**
   * Runs the graph.
   *
   * @param arguments its own inputs, in order
   * @param around values of the graph around it
   */
  List<Tensor> run(List<Tensor> arguments, Map<String, Tensor> around) {
    if (arguments.size() != inputs) {
      throw GraphErrors.invalid(
          node, "feeds " + arguments.size() + " values to a body of " + inputs + " inputs");
    }
    List<Tensor> all = new ArrayList<>(arguments);
    for (String name : captured) {
      Tensor value = around.get(name);
      if (value == null) {
        throw GraphErrors.invalid(node, "its body reads '" + name + "', which is not defined");
      }
      all.add(value);
    }
    return runner.run(all);
  }

  @Override
  public void close() {
    runner.close();
  }
}
