package dev.lathe.compress.weights;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the weights of a graph that a method may change, and says why others may not. */
public final class WeightFinder {

  /** Which weights are looked for. */
  public enum Scope {
    /** Floats; the first convolution and depthwise ones only when a pattern names them. */
    PRUNED,
    /** All of float32. */
    CODED
  }

  private final Graph graph;
  private final Scope scope;
  private final @Nullable Pattern include;
  private final @Nullable Pattern exclude;
  private final Map<String, Weight> weights = new LinkedHashMap<>();
  private final List<String> kept = new ArrayList<>();
  private final List<Node> products = new ArrayList<>();
  private final Set<Node> accepted = new HashSet<>();

  private WeightFinder(
      Graph graph, Scope scope, @Nullable Pattern include, @Nullable Pattern exclude) {
    this.graph = graph;
    this.scope = scope;
    this.include = include;
    this.exclude = exclude;
  }

  /**
   * What there is to change.
   *
   * @param weights each constant once, however many nodes read it
   * @param kept nodes that keep their weights, with the reason
   * @param products nodes whose weight is a constant, changed or not
   */
  public record Found(List<Weight> weights, List<String> kept, List<Node> products) {}

  public static Found find(
      Graph graph, Scope scope, @Nullable Pattern include, @Nullable Pattern exclude) {
    WeightFinder finder = new WeightFinder(graph, scope, include, exclude);
    boolean first = true;
    for (Node node : graph.nodes()) {
      finder.look(node, first);
      first &= !node.is("Conv");
    }
    finder.dropShared();
    return new Found(List.copyOf(finder.weights.values()), finder.kept, finder.products);
  }

  private void look(Node node, boolean first) {
    if (!node.is("Conv") && !node.is("Gemm") && !node.is("MatMul")) {
      return;
    }
    boolean left = node.is("MatMul") && !graph.isConstant(node.input(1));
    String name = node.input(left ? 0 : 1);
    Tensor tensor = graph.constants().get(name);
    if (tensor == null) {
      if (!node.is("MatMul")) {
        keep(node, "its weight is not a float constant");
      }
      return;
    }
    products.add(node);
    String obstacle = obstacle(node, tensor, first);
    if (!obstacle.isEmpty()) {
      keep(node, obstacle);
      return;
    }
    accepted.add(node);
    Weight weight = new Weight(node, name, tensor, WeightView.of(node, tensor.shape(), left));
    Weight known = weights.putIfAbsent(name, weight);
    if (known != null && !known.view().equals(weight.view())) {
      accepted.remove(node);
    }
  }

  private String obstacle(Node node, Tensor tensor, boolean first) {
    if (exclude != null && exclude.matcher(node.name()).find()) {
      return "excluded";
    }
    if (include != null && !include.matcher(node.name()).find()) {
      return "not among the nodes asked for";
    }
    if (!Weight.isFloat(tensor.dtype())) {
      return "its weight is " + tensor.dtype();
    }
    if (scope == Scope.CODED && tensor.dtype() != DType.FLOAT32) {
      return "its weight is " + tensor.dtype() + ", not float32";
    }
    Shape shape = tensor.shape();
    if (shape.rank() == 0 || shape.elements() == 0 || shape.elements() > Integer.MAX_VALUE) {
      return "its weight has " + shape.elements() + " elements";
    }
    if (scope == Scope.PRUNED && include == null && node.is("Conv")) {
      if (first) {
        return "the first convolution is pruned only when --nodes names it";
      }
      if (shape.dim(1) == 1 && node.intAttribute("group", 1) > 1) {
        return "depthwise convolutions are pruned only when --nodes names them";
      }
    }
    return "";
  }

  /** Weights that something else reads as well, or that are read in two ways, stay. */
  private void dropShared() {
    for (Node node : graph.nodes()) {
      for (String used : SubGraphs.uses(node)) {
        Weight weight = weights.get(used);
        if (weight != null && !(accepted.contains(node) && readsOnce(node, used))) {
          weights.remove(used);
          keep(weight.node(), "its weight is also read, in another way, by " + node.name());
        }
      }
    }
    for (Weight weight : List.copyOf(weights.values())) {
      if (graph.isOutput(weight.name())) {
        weights.remove(weight.name());
        keep(weight.node(), "its weight is an output of the model");
      }
    }
  }

  private static boolean readsOnce(Node node, String value) {
    return node.inputs().stream().filter(value::equals).count() == 1;
  }

  private void keep(Node node, String why) {
    kept.add(node.name() + ": " + why);
  }
}
