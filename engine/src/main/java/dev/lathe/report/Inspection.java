package dev.lathe.report;

import dev.lathe.error.LatheException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.plan.Facts;
import dev.lathe.plan.Planner;
import dev.lathe.runtime.InputCheck;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a model consists of.
 *
 * @param operators nodes by operator
 * @param parameters elements of all constants
 * @param macs multiply-accumulates of one run at the declared shapes, open dimensions 1
 * @param sparsity zeros among the constants, 0..1
 * @param remark why shapes and MACs are missing, or empty
 */
public record Inspection(
    Map<String, Integer> operators,
    long parameters,
    long macs,
    long weightBytes,
    double sparsity,
    List<Layer> layers,
    String remark) {

  /**
   * One node.
   *
   * @param shape of the first output; empty when not known
   * @param bytes of the node's constants
   * @param min smallest constant
   */
  public record Layer(
      String name,
      String op,
      String shape,
      String dtype,
      long parameters,
      long macs,
      long bytes,
      double sparsity,
      double min,
      double max) {}

  /** Inspects a network; also one with operators Lathe cannot run. */
  public static Inspection of(Network given) {
    Network network = LocalFunctions.inlined(given);
    Graph graph = network.graph();
    String remark = "";
    Facts facts = null;
    try {
      facts = infer(network);
    } catch (LatheException unknown) {
      remark = "shapes and MACs are not known: " + unknown.problems().getFirst().what();
    }
    Map<String, Integer> operators = new TreeMap<>();
    List<Layer> layers = new ArrayList<>();
    for (Node node : graph.nodes()) {
      operators.merge(node.qualifiedOp(), 1, Integer::sum);
      layers.add(layer(node, graph, facts));
    }
    WeightStatistics all = WeightStatistics.NONE;
    long bytes = 0;
    for (Tensor constant : graph.constants().values()) {
      all = all.plus(WeightStatistics.of(constant));
      bytes += constant.data().byteSize();
    }
    return new Inspection(
        operators,
        all.elements(),
        layers.stream().mapToLong(Layer::macs).sum(),
        bytes,
        all.sparsity(),
        layers,
        remark);
  }

  private static Facts infer(Network network) {
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    List<TensorFact> declared = InputCheck.declared(network.graph().inputs(), 1);
    for (int i = 0; i < declared.size(); i++) {
      inputs.put(network.graph().inputs().get(i).name(), declared.get(i));
    }
    return new Planner(Operators.table(), KernelSelector.standard())
        .infer(network.graph(), network.opsets(), inputs);
  }

  private static Layer layer(Node node, Graph graph, @Nullable Facts facts) {
    WeightStatistics weights = WeightStatistics.NONE;
    long bytes = 0;
    for (String input : node.inputs()) {
      Tensor constant = graph.constants().get(input);
      if (constant != null) {
        weights = weights.plus(WeightStatistics.of(constant));
        bytes += constant.data().byteSize();
      }
    }
    TensorFact output = facts == null ? null : facts.find(node.output(0));
    return new Layer(
        node.name(),
        node.qualifiedOp(),
        output == null ? "" : output.shape().toString(),
        output == null ? "" : output.dtype().toString(),
        weights.elements(),
        Macs.of(node, facts == null ? null : facts::find),
        bytes,
        weights.sparsity(),
        weights.min(),
        weights.max());
  }

  /** Fields of the JSON contract. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("operators", operators);
    json.put("parameters", parameters);
    json.put("macs", macs);
    json.put("weight_bytes", weightBytes);
    json.put("sparsity", sparsity);
    if (!remark.isEmpty()) {
      json.put("remark", remark);
    }
    json.put("layers", layers.stream().map(Inspection::json).toList());
    return json;
  }

  private static Map<String, Object> json(Layer layer) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", layer.name());
    json.put("op", layer.op());
    json.put("shape", layer.shape());
    json.put("parameters", layer.parameters());
    json.put("macs", layer.macs());
    json.put("bytes", layer.bytes());
    json.put("dtype", layer.dtype());
    json.put("sparsity", layer.sparsity());
    json.put("min", layer.min());
    json.put("max", layer.max());
    return json;
  }
}
