package dev.lathe.plan;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of every value of a graph for one set of input shapes: types, shapes, and contents
 * where they follow from constants and shapes alone.
 */
public final class Facts {

  /** Computes a node whose inputs are all known. */
  interface Evaluator {
    List<Tensor> evaluate(
        Node node, Operator operator, Inference inference, List<TensorFact> outputs);
  }

  private final Map<String, TensorFact> byName = new HashMap<>();

  private Facts() {}

  static Facts of(Map<String, TensorFact> known) {
    Facts facts = new Facts();
    facts.byName.putAll(known);
    return facts;
  }

  /** The fact of a value, or null when inference did not reach it. */
  public @Nullable TensorFact find(String value) {
    return byName.get(value);
  }

  /**
   * The fact of a value.
   *
   * @throws IllegalArgumentException when there is none
   */
  public TensorFact get(String value) {
    TensorFact fact = byName.get(value);
    if (fact == null) {
      throw new IllegalArgumentException("no fact of value '" + value + "'");
    }
    return fact;
  }

  /**
   * Infers a whole graph.
   *
   * @param inputs facts of the graph's inputs
   * @throws UnsupportedException listing every node that nothing implements
   * @throws InvalidModelException when a node breaks its specification
   */
  static Facts infer(
      Graph graph,
      Map<String, Long> opsets,
      Map<String, TensorFact> inputs,
      OperatorTable operators,
      Evaluator evaluator) {
    Partition partition = partition(graph, opsets, inputs, operators, evaluator);
    if (!partition.isComplete()) {
      throw partition.blocked().getFirst().reason();
    }
    return partition.facts();
  }

  /**
   * Infers as much of a graph as can be planned ahead.
   *
   * @param inputs facts of the graph's inputs
   * @throws UnsupportedException listing every node that nothing implements, those of sub-graphs
   *     included
   * @throws InvalidModelException when a node breaks its specification
   */
  static Partition partition(
      Graph graph,
      Map<String, Long> opsets,
      Map<String, TensorFact> inputs,
      OperatorTable operators,
      Evaluator evaluator) {
    List<Problem> missing = new ArrayList<>();
    collectMissing(graph, operators, missing);
    if (!missing.isEmpty()) {
      throw new UnsupportedException(missing);
    }
    Facts facts = new Facts();
    graph
        .constants()
        .forEach((name, tensor) -> facts.byName.put(name, TensorFact.constant(tensor)));
    facts.byName.putAll(inputs);
    List<Node> ready = new ArrayList<>();
    List<Partition.Blocked> blocked = new ArrayList<>();
    List<Node> deferred = new ArrayList<>();
    Set<String> unknown = new HashSet<>();
    for (Node node : graph.nodes()) {
      try {
        if (Collections.disjoint(SubGraphs.uses(node), unknown)) {
          facts.inferNode(node, opsets, operators, evaluator);
          ready.add(node);
          continue;
        }
      } catch (ContentRequiredException reason) {
        blocked.add(new Partition.Blocked(node, reason));
      }
      deferred.add(node);
      unknown.addAll(node.outputs());
      unknown.remove("");
    }
    return new Partition(facts, ready, blocked, deferred);
  }

  static UnsupportedException missing(Node node) {
    return new UnsupportedException(
        new Problem(
            "operator " + node.qualifiedOp() + " is not supported",
            node.toString(),
            "",
            "'lathe doctor' lists all obstacles, docs/operators.md the supported operators"));
  }

  private static void collectMissing(Graph graph, OperatorTable operators, List<Problem> missing) {
    for (Node node : graph.nodes()) {
      if (operators.find(node) == null) {
        missing.addAll(missing(node).problems());
      }
      SubGraphs.of(node).forEach(body -> collectMissing(body, operators, missing));
    }
  }

  void put(String value, TensorFact fact) {
    byName.put(value, fact);
  }

  /** Adds the facts of a node's outputs; its inputs are known. */
  void inferNode(
      Node node, Map<String, Long> opsets, OperatorTable operators, Evaluator evaluator) {
    Operator operator = operators.find(node);
    if (operator == null) {
      throw new IllegalStateException(node.toString());
    }
    Inference inference = inference(node, opsets);
    List<TensorFact> outputs = inferOutputs(node, operator, inference);
    if (outputs.size() < node.outputs().size()) {
      throw GraphErrors.invalid(
          node, "has " + node.outputs().size() + " outputs, its operator yields " + outputs.size());
    }
    if (foldable(node, inference, outputs)) {
      List<Tensor> values = evaluator.evaluate(node, operator, inference, outputs);
      outputs = values.stream().map(TensorFact::constant).toList();
    }
    for (int i = 0; i < node.outputs().size(); i++) {
      if (!node.output(i).isEmpty()) {
        byName.put(node.output(i), outputs.get(i));
      }
    }
  }

  /** What an operator says of its outputs. */
  static List<TensorFact> inferOutputs(Node node, Operator operator, Inference inference) {
    try {
      return operator.infer(inference);
    } catch (LatheException reported) {
      throw reported;
    } catch (ArithmeticException | IndexOutOfBoundsException | IllegalArgumentException broken) {
      throw new InvalidModelException(
          new Problem(
              "shapes do not fit the operator: " + inference.facts(),
              node.toString(),
              String.valueOf(broken.getMessage()),
              "check the model with onnx.checker and its shape inference"),
          broken);
    }
  }

  /** The view of a node's inputs, once everything before it is inferred. */
  Inference inference(Node node, Map<String, Long> opsets) {
    List<@Nullable TensorFact> inputs = new ArrayList<>();
    for (String input : node.inputs()) {
      if (!input.isEmpty() && !byName.containsKey(input)) {
        throw GraphErrors.invalid(node, "input '" + input + "' is not defined");
      }
      inputs.add(input.isEmpty() ? null : byName.get(input));
    }
    String domain = node.domain().equals("ai.onnx") ? "" : node.domain();
    return new Inference(node, inputs, opsets.getOrDefault(domain, 1L));
  }

  private static boolean foldable(Node node, Inference inference, List<TensorFact> outputs) {
    if (outputs.stream().allMatch(TensorFact::isConstant)) {
      return false;
    }
    return !node.inputs().isEmpty()
        && inference.facts().stream().allMatch(fact -> fact == null || fact.isConstant());
  }
}
