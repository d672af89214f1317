package dev.lathe.runtime;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Loop: a body run while a condition holds, at most so many times. Inputs: trip count?, condition?,
 * carried values. Body: (iteration, condition, carried) to (condition, carried, scanned).
 */
final class Loop extends ControlFlow {

  private static final int OWN_INPUTS = 2;

  private final Node node;
  private final Graph graph;
  private final Body body;

  Loop(Engine engine, Node node, Map<String, Tensor> constants) {
    this.node = node;
    this.graph = body(node, "body");
    this.body = new Body(engine, node, graph, constants);
    int carried = Math.max(0, node.inputs().size() - OWN_INPUTS);
    if (graph.outputs().size() < 1 + carried) {
      throw GraphErrors.invalid(
          node, "carries " + carried + " values, its body yields " + graph.outputs().size());
    }
  }

  @Override
  List<Tensor> run(Map<String, Tensor> values) {
    long trips = node.hasInput(0) ? count(input(values, 0)) : Long.MAX_VALUE;
    boolean goesOn = !node.hasInput(1) || truth(node, input(values, 1));
    List<Tensor> carried = new ArrayList<>();
    for (int i = OWN_INPUTS; i < node.inputs().size(); i++) {
      carried.add(input(values, i));
    }
    Scanned scanned = new Scanned(node, graph, 1 + carried.size());
    for (long trip = 0; goesOn && trip < trips; trip++) {
      List<Tensor> arguments = new ArrayList<>();
      arguments.add(Tensors.scalar(trip));
      arguments.add(Tensors.scalar(true));
      arguments.addAll(carried);
      List<Tensor> results = body.run(arguments, values);
      goesOn = truth(node, results.getFirst());
      carried = results.subList(1, 1 + carried.size());
      scanned.add(results);
    }
    List<Tensor> outputs = new ArrayList<>(carried);
    outputs.addAll(scanned.stacked());
    return outputs;
  }

  private long count(Tensor trips) {
    if (trips.dtype() != DType.INT64 || trips.elements() != 1) {
      throw GraphErrors.invalid(node, "trip count is " + trips + ", expected one int64");
    }
    return trips.integer(0);
  }

  private Tensor input(Map<String, Tensor> values, int index) {
    return Objects.requireNonNull(values.get(node.input(index)));
  }

  @Override
  public void close() {
    body.close();
  }
}
