package dev.lathe.graph;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The single-assignment rules of a graph: every value is defined once and before its use, names are
 * unique, nothing depends on itself. Sub-graphs are checked in the scopes around them; they may
 * reuse (shadow) an outer name, as existing models do, but never define a name twice themselves.
 */
public final class GraphVerifier {

  private static final int MAX_PROBLEMS = 100;
  private static final int MAX_WHERE = 400;

  private final List<Problem> problems = new ArrayList<>();

  private GraphVerifier() {}

  /**
   * Checks a graph and the graphs inside it.
   *
   * @throws InvalidModelException listing all problems found (at most 100)
   */
  public static void verify(Graph graph) {
    List<Problem> problems = problems(graph);
    if (!problems.isEmpty()) {
      throw new InvalidModelException(problems);
    }
  }

  /** All problems of a graph (at most 100), none when it is sound. */
  public static List<Problem> problems(Graph graph) {
    GraphVerifier verifier = new GraphVerifier();
    verifier.check(graph, Set.of(), "graph '" + graph.name() + "'");
    return List.copyOf(verifier.problems);
  }

  private void check(Graph graph, Set<String> outer, String path) {
    Map<String, String> definedBy = definitions(graph, path);
    nodeNames(graph, path);
    outputs(graph, definedBy.keySet(), outer, path);
    Set<String> visible = new HashSet<>(outer);
    visible.addAll(definedBy.keySet());
    uses(graph, visible, path);
    order(graph, definedBy.keySet(), path);
    for (Node node : graph.nodes()) {
      for (Graph inner : SubGraphs.of(node)) {
        check(
            inner, visible, path + " / node '" + node.name() + "' / graph '" + inner.name() + "'");
      }
    }
  }

  private Map<String, String> definitions(Graph graph, String path) {
    Map<String, String> definedBy = new HashMap<>();
    for (ValueInfo input : graph.inputs()) {
      if (input.name().isEmpty()) {
        report("graph input without a name", path, "values are referred to by name");
      } else {
        define(input.name(), "graph input", definedBy, path);
      }
    }
    graph.constants().keySet().forEach(name -> define(name, "initializer", definedBy, path));
    HiddenValues.of(graph).forEach(name -> define(name, "initializer", definedBy, path));
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        if (!output.isEmpty()) {
          define(output, "node '" + node.name() + "'", definedBy, path);
        }
      }
    }
    return definedBy;
  }

  private void define(String name, String by, Map<String, String> definedBy, String path) {
    String before = definedBy.putIfAbsent(name, by);
    if (before != null) {
      report(
          "value '" + name + "' is defined twice",
          path + ", " + before + " and " + by,
          "every value has one definition");
    }
  }

  private void nodeNames(Graph graph, String path) {
    Set<String> names = new HashSet<>();
    for (Node node : graph.nodes()) {
      if (node.opType().isEmpty()) {
        report("node without an operator", at(path, node), "op_type is missing");
      }
      if (!names.add(node.name())) {
        report("node name '" + node.name() + "' is used twice", at(path, node), "");
      }
    }
  }

  private void outputs(Graph graph, Set<String> defined, Set<String> outer, String path) {
    Set<String> names = new HashSet<>();
    for (ValueInfo output : graph.outputs()) {
      String name = output.name();
      if (name.isEmpty()) {
        report("graph output without a name", path, "values are referred to by name");
      } else if (!names.add(name)) {
        report("graph output '" + name + "' is listed twice", path, "output names are unique");
      } else if (!defined.contains(name) && !outer.contains(name)) {
        report("graph output '" + name + "' is not defined", path, "no node produces it");
      }
    }
  }

  private void uses(Graph graph, Set<String> visible, String path) {
    for (Node node : graph.nodes()) {
      for (int i = 0; i < node.inputs().size(); i++) {
        String input = node.input(i);
        if (!input.isEmpty() && !visible.contains(input)) {
          report(
              "input " + i + " '" + input + "' is not defined",
              at(path, node),
              "it is no graph input, no initializer and no output of a node");
        }
      }
    }
  }

  /** Cycles, and uses that come before their definition. */
  private void order(Graph graph, Set<String> defined, String path) {
    List<Node> cycle = TopologicalOrder.of(graph.nodes()).cycle();
    if (!cycle.isEmpty()) {
      String names =
          cycle.stream().map(node -> "'" + node.name() + "'").collect(Collectors.joining(" -> "));
      report(
          cycle.size() == 1
              ? "node " + names + " depends on its own output"
              : cycle.size() + " nodes depend on each other in a cycle",
          path + ": " + names + " -> '" + cycle.getFirst().name() + "'",
          "a graph has no cycles; loops are written with the operator Loop or Scan");
      return;
    }
    Set<String> later = new HashSet<>();
    graph.nodes().forEach(node -> later.addAll(node.outputs()));
    for (Node node : graph.nodes()) {
      for (String use : SubGraphs.uses(node)) {
        if (later.contains(use) && defined.contains(use)) {
          report("'" + use + "' is used before it is produced", at(path, node), "nodes are sorted");
        }
      }
      node.outputs().forEach(later::remove);
    }
  }

  private static String at(String path, Node node) {
    return path + ", " + node;
  }

  private void report(String what, String where, String why) {
    if (problems.size() == MAX_PROBLEMS - 1) {
      problems.add(Problem.of("more problems than are listed here", "the whole model"));
    } else if (problems.size() < MAX_PROBLEMS) {
      String remedy = "check the model with onnx.checker or export it again";
      problems.add(new Problem(clip(what), clip(where), why, remedy));
    }
  }

  private static String clip(String text) {
    return text.length() <= MAX_WHERE ? text : text.substring(0, MAX_WHERE) + "...";
  }
}
