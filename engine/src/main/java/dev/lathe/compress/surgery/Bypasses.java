package dev.lathe.compress.surgery;

import dev.lathe.compress.InferredFacts;
import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Macs;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Facts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a network that can be left out, at the shapes of its inputs: residual branches, and
 * layers whose output has the type and shape of their input. Of parts with the same products the
 * one of most nodes counts, so that a layer goes with its normalization and activation.
 */
public final class Bypasses {

  private final Network network;
  private final Facts facts;
  private final @Nullable Facts others;
  private final Dominators dominators;

  private Bypasses(Network network) {
    this.network = network;
    this.facts = InferredFacts.of(network);
    this.others = InferredFacts.ofDistinctSizes(network);
    Graph graph = network.graph();
    Set<String> constants = new HashSet<>(graph.constants().keySet());
    for (Node node : graph.nodes()) {
      for (String output : node.outputs()) {
        TensorFact fact = facts.find(output);
        if (fact != null && fact.isConstant()) {
          constants.add(output);
        }
      }
    }
    this.dominators = Dominators.of(graph, constants);
  }

  /** All there are, in the order of their exits; node names are unique in {@code network}. */
  public static List<Bypass> of(Network network) {
    Bypasses bypasses = new Bypasses(network);
    Map<List<String>, Bypass> widest = new LinkedHashMap<>();
    for (Node node : network.graph().nodes()) {
      for (String output : node.outputs()) {
        Bypass bypass = output.isEmpty() ? null : bypasses.to(output);
        if (bypass != null) {
          widest.merge(bypass.products(), bypass, Bypasses::wider);
        }
      }
    }
    return new ArrayList<>(widest.values());
  }

  /** The multiply-accumulates of a network at the shapes assumed. */
  public static long macs(Network network) {
    Facts facts = InferredFacts.of(network);
    return network.graph().nodes().stream().mapToLong(node -> Macs.of(node, facts::find)).sum();
  }

  /** Names of the nodes that multiply and accumulate, in order. */
  public static List<String> products(Network network) {
    Facts facts = InferredFacts.of(network);
    return network.graph().nodes().stream()
        .filter(node -> Macs.of(node, facts::find) > 0)
        .map(Node::name)
        .toList();
  }

  private static Bypass wider(Bypass one, Bypass other) {
    return other.nodes().size() >= one.nodes().size() ? other : one;
  }

  /** The smallest part with products that ends at a value; null when there is none. */
  private @Nullable Bypass to(String exit) {
    for (String entry = dominators.of(exit); entry != null; entry = dominators.of(entry)) {
      if (isAlike(entry, exit)) {
        List<Node> nodes = Bypass.unused(network, exit, entry);
        List<String> products = new ArrayList<>();
        long macs = 0;
        for (Node node : nodes) {
          long own = Macs.of(node, facts::find);
          macs += own;
          if (own > 0) {
            products.add(node.name());
          }
        }
        if (macs > 0) {
          return new Bypass(entry, exit, nodes, products, macs);
        }
      }
    }
    return null;
  }

  /** Whether two values have the same float type and shape, whatever the sizes of open axes. */
  private boolean isAlike(String entry, String exit) {
    return isAlike(facts.find(entry), facts.find(exit))
        && (others == null
            || others.find(exit) == null
            || isAlike(others.find(entry), others.find(exit)));
  }

  private static boolean isAlike(@Nullable TensorFact entry, @Nullable TensorFact exit) {
    return entry != null
        && exit != null
        && Weight.isFloat(exit.dtype())
        && entry.dtype() == exit.dtype()
        && entry.shape().equals(exit.shape());
  }
}
