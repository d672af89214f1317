package dev.lathe.report.doctor;

import dev.lathe.error.InternalException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.plan.Diagnosis;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One reason for which a model does not run, and the nodes it is about.
 *
 * @param operator with its domain; empty when the obstacle is about no node
 * @param opset version of the operator's domain that the model imports; 0 without an operator
 * @param nodes names of all nodes, with the bodies they are in
 * @param shapes types and shapes of the first node's inputs, "?" where not known
 */
public record Obstacle(
    Kind kind,
    String operator,
    String domain,
    long opset,
    List<String> nodes,
    List<String> shapes,
    String what,
    String why,
    String remedy) {

  /** What sort of obstacle. */
  public enum Kind {
    /** Lathe does not implement it. */
    UNSUPPORTED,
    /** The model breaks a rule, or does so at the sizes chosen for open dimensions. */
    INVALID,
    /** Lathe failed. */
    INTERNAL;

    static Kind of(LatheException reason) {
      return switch (reason) {
        case UnsupportedException unsupported -> UNSUPPORTED;
        case InternalException internal -> INTERNAL;
        default -> INVALID;
      };
    }
  }

  public Obstacle {
    nodes = List.copyOf(nodes);
    shapes = List.copyOf(shapes);
  }

  /** An obstacle that is about a value of the model. */
  static Obstacle ofValue(String name, String what, String remedy) {
    return new Obstacle(Kind.UNSUPPORTED, "", "", 0, List.of(name), List.of(), what, "", remedy);
  }

  /** An obstacle that came up while planning. */
  static Obstacle ofPlan(LatheException reason) {
    Problem problem = reason.problems().getFirst();
    return new Obstacle(
        Kind.of(reason),
        "",
        "",
        0,
        problem.where().isEmpty() ? List.of() : List.of(problem.where()),
        List.of(),
        problem.what(),
        problem.why(),
        problem.remedy());
  }

  /** Findings as obstacles: those of one operator with the same text are one. */
  static List<Obstacle> of(List<Diagnosis.Finding> findings) {
    Map<List<Object>, List<Obstacle>> alike = new LinkedHashMap<>();
    for (Diagnosis.Finding finding : findings) {
      Obstacle one = of(finding);
      alike
          .computeIfAbsent(List.of(one.operator, one.what, one.why), key -> new ArrayList<>())
          .add(one);
    }
    return alike.values().stream().map(Obstacle::together).toList();
  }

  private static Obstacle of(Diagnosis.Finding finding) {
    Problem problem = finding.reason().problems().getFirst();
    String advice = Remedies.of(finding.node());
    boolean missing = problem.what().startsWith("operator ");
    return new Obstacle(
        Kind.of(finding.reason()),
        finding.node().qualifiedOp(),
        finding.node().domain().isEmpty() ? "ai.onnx" : finding.node().domain(),
        finding.opset(),
        List.of(place(finding)),
        finding.inputs().stream().map(fact -> fact == null ? "?" : fact.toString()).toList(),
        problem.what(),
        problem.why(),
        missing || problem.remedy().isEmpty() ? advice : problem.remedy());
  }

  private static String place(Diagnosis.Finding finding) {
    String name = "'" + finding.node().name() + "'";
    return finding.scope().isEmpty()
        ? name
        : name
            + finding.scope().reversed().stream().collect(Collectors.joining(" in ", " in ", ""));
  }

  private static Obstacle together(List<Obstacle> alike) {
    Obstacle first = alike.getFirst();
    return new Obstacle(
        first.kind,
        first.operator,
        first.domain,
        first.opset,
        alike.stream().flatMap(each -> each.nodes.stream()).toList(),
        first.shapes,
        first.what,
        first.why,
        first.remedy);
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", kind.name().toLowerCase(java.util.Locale.ROOT));
    json.put("operator", operator);
    json.put("domain", domain);
    json.put("opset", opset);
    json.put("count", nodes.size());
    json.put("nodes", nodes);
    json.put("shapes", shapes);
    json.put("what", what);
    json.put("why", why);
    json.put("do", remedy);
    return json;
  }
}
