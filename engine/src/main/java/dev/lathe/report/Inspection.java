package dev.lathe.report;

import dev.lathe.graph.Graph;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Macs;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.pass.Notes;
import dev.lathe.pass.PassContext;
import dev.lathe.pass.PassPipeline;
import dev.lathe.plan.Diagnosis;
import dev.lathe.plan.Facts;
import dev.lathe.plan.Planner;
import dev.lathe.runtime.InputCheck;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a model consists of.
 *
 * @param operators nodes by operator
 * @param parameters elements of all constants
 * @param macs multiply-accumulates of one run at the shapes assumed
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
   * One node. Sparsity and values are those of its largest constant, the weights; 0 when it has
   * none that are numbers (the int64 constants of shapes are not weights).
   *
   * @param shape of the first output; empty when not known
   * @param parameters elements of all its constants
   * @param bytes of all its constants
   * @param std standard deviation
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
      double max,
      double mean,
      double std) {}

  /** Inspects a network at the declared shapes, open dimensions 1. */
  public static Inspection of(Network network) {
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    for (ValueInfo input : network.graph().inputs()) {
      if (input.dtype() != null && input.dims() != null) {
        inputs.put(input.name(), InputCheck.declared(List.of(input), 1).getFirst());
      }
    }
    return of(network, inputs);
  }

  /**
   * Inspects a network; also one with operators Lathe cannot run.
   *
   * @param inputs facts of the inputs by name, as far as they are known
   */
  public static Inspection of(Network given, Map<String, TensorFact> inputs) {
    Network network = LocalFunctions.inlined(given);
    Graph graph = network.graph();
    Planner planner = new Planner(Operators.table(), KernelSelector.standard());
    PassContext context = new PassContext(planner, network.opsets(), null, new Notes());
    Diagnosis diagnosis =
        planner.diagnose(
            PassPipeline.run(PassPipeline.EXPAND, graph, context), network.opsets(), inputs);
    Map<String, WeightStatistics> statistics = new HashMap<>();
    WeightStatistics all = WeightStatistics.NONE;
    long bytes = 0;
    for (Map.Entry<String, Tensor> constant : graph.constants().entrySet()) {
      WeightStatistics one = WeightStatistics.of(constant.getValue());
      statistics.put(constant.getKey(), one);
      all = all.plus(one);
      bytes += constant.getValue().data().byteSize();
    }
    Map<String, Integer> operators = new TreeMap<>();
    List<Layer> layers = new ArrayList<>();
    for (Node node : graph.nodes()) {
      operators.merge(node.qualifiedOp(), 1, Integer::sum);
      layers.add(layer(node, graph, statistics, diagnosis.facts()));
    }
    return new Inspection(
        operators,
        all.elements(),
        layers.stream().mapToLong(Layer::macs).sum(),
        bytes,
        all.sparsity(),
        layers,
        remark(diagnosis, layers));
  }

  private static String remark(Diagnosis diagnosis, List<Layer> layers) {
    long unknown = layers.stream().filter(layer -> layer.shape().isEmpty()).count();
    if (unknown == 0) {
      return "";
    }
    String why =
        Stream.concat(diagnosis.findings().stream(), diagnosis.waiting().stream())
            .findFirst()
            .map(finding -> ": " + finding.reason().problems().getFirst().what())
            .orElse("");
    return "shapes and MACs of " + unknown + " nodes are not known" + why;
  }

  private static Layer layer(
      Node node, Graph graph, Map<String, WeightStatistics> statistics, Facts facts) {
    WeightStatistics weights = WeightStatistics.NONE;
    long parameters = 0;
    long bytes = 0;
    for (String input : node.inputs()) {
      Tensor constant = graph.constants().get(input);
      if (constant != null) {
        parameters += constant.elements();
        bytes += constant.data().byteSize();
        boolean larger = constant.elements() > weights.elements();
        if (larger && constant.dtype() != DType.INT64) {
          weights = statistics.getOrDefault(input, WeightStatistics.NONE);
        }
      }
    }
    TensorFact output = facts.find(node.output(0));
    return new Layer(
        node.name(),
        node.qualifiedOp(),
        output == null ? "" : output.shape().toString(),
        output == null ? "" : output.dtype().toString(),
        parameters,
        Macs.of(node, facts::find),
        bytes,
        weights.sparsity(),
        weights.min(),
        weights.max(),
        weights.mean(),
        weights.std());
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
    json.put("mean", layer.mean());
    json.put("std", layer.std());
    return json;
  }
}
