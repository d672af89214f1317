package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.KernelSelector;
import dev.lathe.op.Operators;
import dev.lathe.plan.Facts;
import dev.lathe.plan.Planner;
import dev.lathe.runtime.InputCheck;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Infers shapes before and after, and compares. */
final class ShapeCheck {

  /** Sizes tried for open dimensions; images of one pixel do not pass every network. */
  private static final List<Integer> OPEN = List.of(1, 64, 224);

  private ShapeCheck() {}

  /** Facts at the declared shapes, with the first size of open dimensions that tells all. */
  static Facts facts(Network network) {
    Facts first = null;
    for (int open : OPEN) {
      Facts facts = infer(network, inputs(network.graph(), open));
      boolean complete =
          network.graph().nodes().stream().allMatch(node -> facts.find(node.output(0)) != null);
      if (complete) {
        return facts;
      }
      first = first == null ? facts : first;
    }
    return java.util.Objects.requireNonNull(first);
  }

  private static Map<String, TensorFact> inputs(Graph graph, int open) {
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    for (ValueInfo input : graph.inputs()) {
      if (input.dtype() != null && input.dims() != null) {
        inputs.put(input.name(), InputCheck.declared(List.of(input), open).getFirst());
      }
    }
    return inputs;
  }

  private static Facts infer(Network network, Map<String, TensorFact> inputs) {
    return new Planner(Operators.table(), KernelSelector.standard())
        .diagnose(network.graph(), network.opsets(), inputs)
        .facts();
  }

  /**
   * The first node of the network after removal with an output of another shape than expected, or
   * with known contents that changed; null when all is well.
   */
  static @Nullable Node firstBroken(Network after, Facts before, Removal removal) {
    Map<String, TensorFact> inputs = new LinkedHashMap<>();
    for (ValueInfo input : after.graph().inputs()) {
      TensorFact fact = before.find(input.name());
      if (fact != null) {
        inputs.put(input.name(), fact);
      }
    }
    Facts facts = infer(after, inputs);
    for (Node node : after.graph().nodes()) {
      for (String output : node.outputs()) {
        TensorFact old = output.isEmpty() ? null : before.find(output);
        if (old != null && isBroken(output, old, facts.find(output), removal)) {
          return node;
        }
      }
    }
    return null;
  }

  private static boolean isBroken(
      String value, TensorFact old, @Nullable TensorFact now, Removal removal) {
    if (now == null || !now.shape().equals(removal.shapeAfter(value))) {
      return true;
    }
    return old.value() != null
        && Weight.isFloat(old.dtype())
        && now.shape().equals(old.shape())
        && (now.value() == null || now.value().data().mismatch(old.value().data()) >= 0);
  }

  /** The nodes that read shapes from which a node's operands are computed. */
  static Set<String> sources(Network network, Facts facts, Node node) {
    Map<String, Node> producers = new HashMap<>();
    for (Node one : network.graph().nodes()) {
      one.outputs().forEach(output -> producers.put(output, one));
    }
    Set<String> sources = new LinkedHashSet<>();
    Deque<Node> open = new ArrayDeque<>(List.of(node));
    while (!open.isEmpty()) {
      Node one = open.removeLast();
      if (sources.add(one.name())) {
        for (String input : one.inputs()) {
          TensorFact fact = facts.find(input);
          Node producer = producers.get(input);
          if (producer != null && fact != null && fact.isConstant()) {
            open.add(producer);
          }
        }
      }
    }
    return sources;
  }
}
