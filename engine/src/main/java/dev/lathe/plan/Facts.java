package dev.lathe.plan;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    requireSupported(graph, operators);
    Facts facts = new Facts();
    graph
        .constants()
        .forEach((name, tensor) -> facts.byName.put(name, TensorFact.constant(tensor)));
    facts.byName.putAll(inputs);
    for (Node node : graph.nodes()) {
      facts.inferNode(node, opsets, operators, evaluator);
    }
    return facts;
  }

  private static void requireSupported(Graph graph, OperatorTable operators) {
    List<Problem> problems = new ArrayList<>();
    for (Node node : graph.nodes()) {
      if (operators.find(node) == null) {
        problems.add(
            new Problem(
                "operator " + node.qualifiedOp() + " is not supported",
                node.toString(),
                "",
                "see docs for the supported operators, or simplify the model"));
      }
    }
    if (!problems.isEmpty()) {
      throw new UnsupportedException(problems);
    }
  }

  private void inferNode(
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

  private static List<TensorFact> inferOutputs(Node node, Operator operator, Inference inference) {
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
