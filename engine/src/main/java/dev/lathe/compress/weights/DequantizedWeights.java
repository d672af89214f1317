package dev.lathe.compress.weights;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.SubGraphs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A graph whose quantized weights are float constants for as long as a method that only sets
 * weights to zero works on it. Zero is a level of every quantized weight, its zero point, so what
 * is zeroed stays exactly zero, and all other levels stay as they were.
 *
 * @param graph with a float constant in the place of each DequantizeLinear of constants
 * @param lifted the nodes that are gone from it
 */
public record DequantizedWeights(Graph graph, List<Lifted> lifted) {

  /** A quantized weight. */
  public record Lifted(Node node, Tensor levels, Tensor values) {}

  /** A graph as it is. */
  public static DequantizedWeights none(Graph graph) {
    return new DequantizedWeights(graph, List.of());
  }

  /**
   * The graph with float constants in the place of quantized weights of products whose other
   * operand is a float; there is no way back.
   */
  public static Graph floats(Graph given) {
    Set<String> quantized = new HashSet<>();
    given.nodes().stream()
        .filter(node -> node.is("DequantizeLinear"))
        .forEach(node -> quantized.add(node.output(0)));
    Map<String, Integer> uses = new HashMap<>();
    Set<String> integer = new HashSet<>();
    for (Node node : given.nodes()) {
      SubGraphs.uses(node).forEach(used -> uses.merge(used, 1, Integer::sum));
      if (node.inputs().stream().limit(2).allMatch(quantized::contains)) {
        integer.addAll(node.inputs());
      }
    }
    DequantizedWeights all = of(given, node -> !integer.contains(node.output(0)));
    Map<String, Tensor> constants = new LinkedHashMap<>(all.graph.constants());
    for (Lifted one : all.lifted) {
      one.node.inputs().stream()
          .filter(input -> uses.getOrDefault(input, 0) == 1)
          .forEach(constants::remove);
    }
    return all.lifted.isEmpty() ? given : all.graph.withConstants(constants);
  }

  /** Lifts the weights of a graph; one without quantized weights stays as it is. */
  public static DequantizedWeights of(Graph given) {
    return of(given, node -> true);
  }

  private static DequantizedWeights of(Graph given, Predicate<Node> which) {
    Map<String, Tensor> constants = new LinkedHashMap<>(given.constants());
    List<Node> nodes = new ArrayList<>();
    List<Lifted> lifted = new ArrayList<>();
    for (Node node : given.nodes()) {
      boolean stays = given.isOutput(node.output(0)) || !which.test(node);
      Tensor values = stays ? null : values(given, node);
      if (values == null) {
        nodes.add(node);
      } else {
        Tensor levels = java.util.Objects.requireNonNull(constants.get(node.input(0)));
        lifted.add(new Lifted(node, levels, values));
        constants.put(node.output(0), values);
      }
    }
    Graph graph = lifted.isEmpty() ? given : given.withNodes(nodes).withConstants(constants);
    return new DequantizedWeights(graph, List.copyOf(lifted));
  }

  /** What a DequantizeLinear of 8-bit constants stands for; null for other nodes. */
  private static @Nullable Tensor values(Graph graph, Node node) {
    Tensor levels = graph.constants().get(node.input(0));
    Tensor scales = graph.constants().get(node.input(1));
    Tensor zeros = node.hasInput(2) ? graph.constants().get(node.input(2)) : null;
    boolean constant = levels != null && scales != null && (zeros != null || !node.hasInput(2));
    if (!node.is("DequantizeLinear") || !constant || levels == null || scales == null) {
      return null;
    }
    Shape shape = levels.shape();
    long count = scales.elements();
    if (!levels.dtype().isInt8() || scales.dtype() != DType.FLOAT32 || shape.rank() < 2) {
      return null;
    }
    int axis = axis(node, shape);
    if (count != 1 && (axis < 0 || axis >= shape.rank() || count != shape.dim(axis))) {
      return null;
    }
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      long scaled = count == 1 ? 0 : channel(shape, axis, i);
      values[i] = (levels.integer(i) - zero(zeros, shape, axis, i)) * scales.f32(scaled);
    }
    return Tensor.of(values, shape.dims());
  }

  /** The graph after the method, its weights quantized again. */
  public Graph lower(Graph changed) {
    if (lifted.isEmpty()) {
      return changed;
    }
    Map<String, Tensor> constants = new LinkedHashMap<>(changed.constants());
    Map<String, Node> missing = new LinkedHashMap<>();
    for (Lifted one : lifted) {
      Tensor values = constants.remove(one.node.output(0));
      if (values != null && !values.equals(one.values)) {
        constants.put(one.node.input(0), levels(one, values, changed));
      }
      missing.put(one.node.output(0), one.node);
    }
    List<Node> nodes = new ArrayList<>();
    for (Node node : changed.nodes()) {
      for (String used : SubGraphs.uses(node)) {
        Node lost = missing.remove(used);
        if (lost != null) {
          nodes.add(lost);
        }
      }
      nodes.add(node);
    }
    return changed.withNodes(nodes).withConstants(constants);
  }

  private static Tensor levels(Lifted one, Tensor values, Graph graph) {
    byte[] levels = one.levels.data().toArray(ValueLayout.JAVA_BYTE);
    Tensor zeros = graph.constants().get(one.node.input(2));
    Shape shape = one.levels.shape();
    int axis = axis(one.node, shape);
    for (int i = 0; i < levels.length; i++) {
      if (values.f32(i) == 0) {
        levels[i] = (byte) zero(zeros, shape, axis, i);
      }
    }
    return new Tensor(one.levels.dtype(), shape, MemorySegment.ofArray(levels));
  }

  private static long zero(@Nullable Tensor zeros, Shape shape, int axis, long element) {
    if (zeros == null) {
      return 0;
    }
    return zeros.integer(zeros.elements() == 1 ? 0 : channel(shape, axis, element));
  }

  private static long channel(Shape shape, int axis, long element) {
    return element / shape.product(axis + 1, shape.rank()) % shape.dim(axis);
  }

  private static int axis(Node node, Shape shape) {
    int axis = (int) node.intAttribute("axis", 1);
    return axis < 0 ? axis + shape.rank() : axis;
  }
}
