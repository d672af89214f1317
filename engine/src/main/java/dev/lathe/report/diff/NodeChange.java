package dev.lathe.report.diff;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A node that only one model has, or that is another in each; nodes are the same by name.
 *
 * @param operator of the node, with both where it changed
 * @param details what changed, one by one; empty for added and removed nodes
 */
public record NodeChange(String name, String kind, String operator, List<String> details) {

  public NodeChange {
    details = List.copyOf(details);
  }

  static NodeChange only(Node node, String kind) {
    return new NodeChange(node.name(), kind, node.qualifiedOp(), List.of());
  }

  /** How two nodes of a name differ; null when they do not. */
  static @Nullable NodeChange of(Node before, Node after) {
    List<String> details = new ArrayList<>();
    changed("inputs", before.inputs(), after.inputs(), details);
    changed("outputs", before.outputs(), after.outputs(), details);
    TreeSet<String> keys = new TreeSet<>(before.attributes().keySet());
    keys.addAll(after.attributes().keySet());
    for (String key : keys) {
      Attribute left = before.attributes().get(key);
      Attribute right = after.attributes().get(key);
      if (!same(left, right)) {
        details.add("attribute " + key + ": " + text(left) + " -> " + text(right));
      }
    }
    entries("metadata ", before.metadata(), after.metadata(), details);
    boolean renamed = !before.qualifiedOp().equals(after.qualifiedOp());
    String operator =
        renamed ? before.qualifiedOp() + " -> " + after.qualifiedOp() : after.qualifiedOp();
    return details.isEmpty() && !renamed
        ? null
        : new NodeChange(after.name(), "changed", operator, details);
  }

  private static void changed(String what, Object left, Object right, List<String> details) {
    if (!left.equals(right)) {
      details.add(what + ": " + left + " -> " + right);
    }
  }

  /** Adds the entries of two maps that differ. */
  static void entries(
      String what, Map<String, ?> before, Map<String, ?> after, List<String> details) {
    TreeSet<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(after.keySet());
    for (String key : keys) {
      Object left = before.get(key);
      Object right = after.get(key);
      if (left == null) {
        details.add(what + key + ": added, " + right);
      } else if (right == null) {
        details.add(what + key + ": removed, was " + left);
      } else {
        changed(what + key, left, right, details);
      }
    }
  }

  private static boolean same(@Nullable Attribute left, @Nullable Attribute right) {
    if (left == null || right == null) {
      return left == null && right == null;
    }
    if (left instanceof Attribute.OfTensor(Tensor a)
        && right instanceof Attribute.OfTensor(Tensor b)) {
      return ConstantChange.of("", a, b) == null;
    }
    if (left instanceof Attribute.OfGraph(Graph a) && right instanceof Attribute.OfGraph(Graph b)) {
      return GraphDiff.of(a, b).isEmpty();
    }
    if (left instanceof Attribute.OfGraphs(List<Graph> a)
        && right instanceof Attribute.OfGraphs(List<Graph> b)) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!GraphDiff.of(a.get(i), b.get(i)).isEmpty()) {
          return false;
        }
      }
      return a.size() == b.size();
    }
    boolean opaque = left instanceof Attribute.Opaque && right instanceof Attribute.Opaque;
    return opaque || left.equals(right);
  }

  private static String text(@Nullable Attribute attribute) {
    return switch (attribute) {
      case null -> "none";
      case Attribute.Int(long value) -> Long.toString(value);
      case Attribute.Real(float value) -> Float.toString(value);
      case Attribute.Text(String value) -> "'" + value + "'";
      case Attribute.Ints(List<Long> values) -> values.toString();
      case Attribute.Reals(List<Float> values) -> values.toString();
      case Attribute.Texts(List<String> values) -> values.toString();
      case Attribute.OfTensor(Tensor value) -> "tensor " + value;
      case Attribute.OfGraph graph -> "a graph";
      case Attribute.OfGraphs graphs -> "graphs";
      case Attribute.Reference(String name) -> "attribute " + name + " of the caller";
      case Attribute.Opaque opaque -> "something Lathe does not look into";
    };
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("kind", kind);
    json.put("op", operator);
    json.put("details", details);
    return json;
  }
}
