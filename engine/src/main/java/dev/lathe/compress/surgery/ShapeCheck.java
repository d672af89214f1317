package dev.lathe.compress.surgery;

import dev.lathe.compress.InferredFacts;
import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.plan.Facts;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares inferred shapes before and after. */
final class ShapeCheck {

  private ShapeCheck() {}

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
    Facts facts = InferredFacts.of(after, inputs);
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
