package dev.lathe.plan;

import dev.lathe.error.ContentRequiredException;
import dev.lathe.error.InternalException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Infers a graph node by node and goes on behind what cannot be inferred: with the type and shape
 * the model declares for a value where it declares them, else checking that operators exist.
 */
final class Diagnostician {

  private final Map<String, Long> opsets;
  private final OperatorTable operators;
  private final Facts.Evaluator evaluator;
  private final List<Diagnosis.Finding> findings = new ArrayList<>();
  private final List<Diagnosis.Finding> waiting = new ArrayList<>();
  private int unchecked;

  Diagnostician(Map<String, Long> opsets, OperatorTable operators, Facts.Evaluator evaluator) {
    this.opsets = opsets;
    this.operators = operators;
    this.evaluator = evaluator;
  }

  Diagnosis diagnose(Graph graph, Map<String, TensorFact> inputs) {
    Facts facts = walk(graph, inputs, List.of());
    return new Diagnosis(facts, findings, waiting, unchecked);
  }

  /**
   * Walks a graph.
   *
   * @param known facts of its inputs and of what it takes from the graphs around it
   */
  private Facts walk(Graph graph, Map<String, TensorFact> known, List<String> scope) {
    Map<String, TensorFact> all = new LinkedHashMap<>(known);
    graph.constants().forEach((name, tensor) -> all.put(name, TensorFact.constant(tensor)));
    Facts facts = Facts.of(all);
    for (Node node : graph.nodes()) {
      visit(node, facts, scope);
      bodies(node, facts, scope);
      for (String output : node.outputs()) {
        TensorFact declared = declared(graph.valueInfos().get(output));
        if (declared != null && facts.find(output) == null) {
          facts.put(output, declared);
        }
      }
    }
    return facts;
  }

  private void visit(Node node, Facts facts, List<String> scope) {
    List<@Nullable TensorFact> inputs = new ArrayList<>();
    node.inputs().forEach(input -> inputs.add(input.isEmpty() ? null : facts.find(input)));
    boolean reached =
        node.inputs().stream().allMatch(input -> input.isEmpty() || facts.find(input) != null);
    long opset = opsets.getOrDefault(node.domain(), 1L);
    try {
      if (operators.find(node) == null) {
        throw Facts.missing(node);
      }
      if (reached) {
        facts.inferNode(node, opsets, operators, evaluator);
      } else {
        unchecked++;
      }
    } catch (ContentRequiredException later) {
      waiting.add(new Diagnosis.Finding(node, scope, opset, inputs, later));
    } catch (LatheException reason) {
      findings.add(new Diagnosis.Finding(node, scope, opset, inputs, reason));
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError failure) {
      findings.add(new Diagnosis.Finding(node, scope, opset, inputs, internal(node, failure)));
    }
  }

  private static LatheException internal(Node node, Throwable failure) {
    return failure instanceof OutOfMemoryError
        ? new UnsupportedException(
            new Problem(
                "its constant output does not fit in memory",
                node.toString(),
                String.valueOf(failure.getMessage()),
                "give Java a larger heap (-Xmx) or the model smaller constants"))
        : new InternalException(
            new Problem("internal error: " + failure, node.toString(), "", "please report it"),
            failure);
  }

  private void bodies(Node node, Facts facts, List<String> scope) {
    List<Graph> bodies = SubGraphs.of(node);
    if (bodies.isEmpty()) {
      return;
    }
    List<String> inner = new ArrayList<>(scope);
    inner.add(node.opType() + " '" + node.name() + "'");
    List<Facts> results = new ArrayList<>();
    for (Graph body : bodies) {
      Map<String, TensorFact> known = new LinkedHashMap<>();
      for (String name : SubGraphs.captured(body)) {
        TensorFact fact = facts.find(name);
        if (fact != null) {
          known.put(name, fact);
        }
      }
      known.putAll(bodyInputs(node, body, facts));
      results.add(walk(body, known, List.copyOf(inner)));
    }
    if (node.is("If")) {
      agree(node, bodies, results, facts);
    }
  }

  /** What a body is fed: declared types and shapes, else those of what enters the loop. */
  private static Map<String, TensorFact> bodyInputs(Node node, Graph body, Facts facts) {
    Map<String, TensorFact> known = new LinkedHashMap<>();
    for (int i = 0; i < body.inputs().size(); i++) {
      ValueInfo input = body.inputs().get(i);
      TensorFact fact = declared(input);
      if (fact == null && node.is("Loop")) {
        TensorFact entering = i < 2 ? null : facts.find(node.input(i));
        fact =
            switch (i) {
              case 0 -> TensorFact.of(DType.INT64, Shape.scalar());
              case 1 -> TensorFact.of(DType.BOOL, Shape.scalar());
              default ->
                  entering == null ? null : TensorFact.of(entering.dtype(), entering.shape());
            };
      }
      if (fact != null) {
        known.put(input.name(), fact);
      }
    }
    return known;
  }

  /** Outputs of an If are known where its branches agree. */
  private static void agree(Node node, List<Graph> bodies, List<Facts> results, Facts facts) {
    for (int i = 0; i < node.outputs().size(); i++) {
      TensorFact common = null;
      for (int b = 0; b < bodies.size(); b++) {
        List<ValueInfo> outputs = bodies.get(b).outputs();
        TensorFact fact = i < outputs.size() ? results.get(b).find(outputs.get(i).name()) : null;
        if (fact == null || (common != null && !sameForm(common, fact))) {
          common = null;
          break;
        }
        common = TensorFact.of(fact.dtype(), fact.shape());
      }
      if (common != null && !node.output(i).isEmpty()) {
        facts.put(node.output(i), common);
      }
    }
  }

  private static boolean sameForm(TensorFact left, TensorFact right) {
    return left.dtype() == right.dtype() && left.shape().equals(right.shape());
  }

  /** What a model declares, when it leaves no dimension open. */
  private static @Nullable TensorFact declared(@Nullable ValueInfo info) {
    if (info == null || info.dtype() == null || info.dims() == null) {
      return null;
    }
    List<Long> sizes = new ArrayList<>();
    for (Dim dim : info.dims()) {
      if (!(dim instanceof Dim.Fixed(long size))) {
        return null;
      }
      sizes.add(size);
    }
    try {
      return TensorFact.of(
          info.dtype(), Shape.of(sizes.stream().mapToLong(Long::longValue).toArray()));
    } catch (LatheException overflowing) {
      return null;
    }
  }
}
