package dev.lathe.compress.quantize;

import dev.lathe.compress.calibrate.CalibrationMethod;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantParams;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes of a prepared float network become integer ones, and which values are quantized for
 * that.
 *
 * <p>A product followed by Relu or Clip alone is one integer operation: only the value after the
 * activation function is quantized. A value that only moves (MaxPool, Reshape, ...) shares the
 * parameters of the value it came from.
 */
public final class QuantizationPlan {

  private final Network network;
  private final QuantizeOptions options;
  private final Map<String, Role> roles = new LinkedHashMap<>();
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final List<String> floatNodes = new ArrayList<>();

  private final KeptLevels kept;
  private final Map<String, WeightQuantizer.Rounded> rounded;
  private final Set<String> keeping = new LinkedHashSet<>();
  private final List<String> warnings;

  private QuantizationPlan(
      Network network,
      QuantizeOptions options,
      KeptLevels kept,
      Map<String, WeightQuantizer.Rounded> rounded,
      List<String> warnings) {
    this.network = network;
    this.options = options;
    this.kept = kept;
    this.rounded = new LinkedHashMap<>(rounded);
    this.warnings = List.copyOf(warnings);
  }

  /**
   * A plan.
   *
   * @param kept levels weights had before
   * @param rounded weights whose values were chosen already, by name
   * @param warnings of what was done to the network so far
   */
  static QuantizationPlan of(
      Network prepared,
      QuantizeOptions options,
      KeptLevels kept,
      Map<String, WeightQuantizer.Rounded> rounded,
      List<String> warnings) {
    QuantizationPlan plan = new QuantizationPlan(prepared, options, kept, rounded, warnings);
    GraphEditor graph = GraphEditor.of(prepared.graph());
    ValueTypes types = ValueTypes.of(prepared.graph());
    for (Node node : prepared.graph().nodes()) {
      plan.chooseRole(node, graph, types);
      plan.keepLevels(node, graph);
    }
    plan.requireLayers();
    if (options.activations() != null) {
      for (Node node : prepared.graph().nodes()) {
        plan.chooseValues(node, graph);
      }
    }
    return plan;
  }

  /** A way to choose ranges, for the levels activations will have. */
  public CalibrationMethod calibration(CalibrationMethod method) {
    DType type = options.activations();
    return type == null ? method : method.withBits(type.bits());
  }

  /** The plan for the same network with one more thing said about it. */
  QuantizationPlan withMetadata(String key, String value) {
    return of(network.withMetadata(key, value), options, kept, rounded, warnings);
  }

  private void requireLayers() {
    for (LayerBits layer : options.layers()) {
      boolean matches =
          roles.entrySet().stream()
              .anyMatch(
                  entry ->
                      entry.getValue().hasWeight() && layer.nodes().matcher(entry.getKey()).find());
      if (!matches) {
        throw new UsageException(
            new Problem(
                "a width is given for a layer that is not quantized",
                "nodes '" + layer.nodes() + "', " + layer.bits() + " bits",
                "no quantized node with a constant weight has such a name",
                "'lathe inspect --layers' lists the nodes"));
      }
    }
  }

  private void chooseRole(Node node, GraphEditor graph, ValueTypes types) {
    Role role = Role.of(node, graph);
    if (role == null) {
      return;
    }
    boolean floats = role.activations().stream().allMatch(at -> types.isFloat(node.input(at)));
    if (!floats || (options.activations() == null && !role.hasWeight())) {
      return;
    }
    if (!options.accepts(node)) {
      floatNodes.add(node.name() + ": excluded");
    } else if (!role.obstacle().isEmpty()) {
      floatNodes.add(node.name() + ": " + role.obstacle());
    } else {
      roles.put(node.name(), role);
    }
  }

  private void keepLevels(Node node, GraphEditor graph) {
    Role role = roles.get(node.name());
    Tensor weight =
        role == null || !role.hasWeight() ? null : graph.constant(node.input(role.weight()));
    if (role == null || weight == null) {
      return;
    }
    QuantParams params =
        kept.params(node, weight, role.channelAxis(), options.at(node).weightBits());
    if (params != null) {
      keeping.add(node.input(role.weight()));
      rounded.putIfAbsent(node.input(role.weight()), new WeightQuantizer.Rounded(weight, params));
    }
  }

  private void chooseValues(Node node, GraphEditor graph) {
    Role role = roles.get(node.name());
    if (role == null) {
      return;
    }
    if (role.movesData()) {
      String source = sources.get(node.input(0));
      if (source == null) {
        roles.remove(node.name());
      } else {
        sources.put(node.output(0), source);
      }
      return;
    }
    for (int at : role.activations()) {
      sources.putIfAbsent(node.input(at), node.input(at));
    }
    String result = fusedOutput(node, graph);
    sources.putIfAbsent(result, result);
  }

  /** The node's output, or that of the Relu or Clip that is all that reads it. */
  private static String fusedOutput(Node node, GraphEditor graph) {
    Node reader = graph.onlyConsumer(node.output(0));
    if (reader == null || !reader.input(0).equals(node.output(0))) {
      return node.output(0);
    }
    boolean constantClip =
        reader.is("Clip") && isBound(reader, 1, graph) && isBound(reader, 2, graph);
    return reader.is("Relu") || constantClip ? reader.output(0) : node.output(0);
  }

  private static boolean isBound(Node clip, int input, GraphEditor graph) {
    return !clip.hasInput(input) || graph.constant(clip.input(input)) != null;
  }

  /** The float network to observe and to quantize. */
  public Network network() {
    return network;
  }

  QuantizeOptions options() {
    return options;
  }

  /** Weights whose values were chosen already, by name. */
  Map<String, WeightQuantizer.Rounded> rounded() {
    return rounded;
  }

  /** Names of the weights that keep the levels they had. */
  Set<String> keeping() {
    return keeping;
  }

  /** Levels weights had before; those that fit are in {@link #rounded}. */
  KeptLevels kept() {
    return kept;
  }

  List<String> warnings() {
    return warnings;
  }

  /** Roles of the nodes that take part, by node name. */
  Map<String, Role> roles() {
    return roles;
  }

  /** Every value to quantize, with the value whose parameters it has. */
  Map<String, String> sources() {
    return sources;
  }

  /** Nodes of integer-capable operators that stay float, with the reason. */
  List<String> floatNodes() {
    return floatNodes;
  }

  /** Values whose ranges have to be observed: those {@link Quantizer#apply} needs. */
  public Set<String> observed() {
    Set<String> observed = new LinkedHashSet<>(sources.values());
    Map<String, Tensor> constants = network.graph().constants();
    observed.removeIf(constants::containsKey);
    return observed;
  }
}
