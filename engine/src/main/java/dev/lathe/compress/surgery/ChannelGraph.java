package dev.lathe.compress.surgery;

import dev.lathe.compress.InferredFacts;
import dev.lathe.compress.weights.ConstantNodes;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.plan.Facts;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a network that can be taken out of it, and what each takes along, after Fang et
 * al., <i>DepGraph: Towards Any Structural Pruning</i>, CVPR 2023: the indices of all dimensions of
 * all values are joined where operators couple them, so that residual sums, concatenations, groups
 * and flattened images need no cases of their own.
 *
 * <p>Taking a channel out means: every product that reads it computes as if its weights for that
 * channel were zero.
 */
public final class ChannelGraph {

  private final Network network;
  private final Facts facts;
  private final Coupling coupling;

  private ChannelGraph(Network network, Facts facts, Coupling coupling) {
    this.network = network;
    this.facts = facts;
    this.coupling = coupling;
  }

  /**
   * Analyses a float network.
   *
   * @throws UnsupportedException when it is quantized
   */
  public static ChannelGraph of(Network given) {
    Network inlined = LocalFunctions.inlined(given);
    refuseQuantized(inlined.graph());
    Network network =
        inlined.withGraph(ConstantNodes.lift(inlined.graph(), dtype -> dtype.bits() % 8 == 0));
    Facts facts = InferredFacts.of(network);
    Set<String> whole = new LinkedHashSet<>();
    while (true) {
      ChannelGraph graph = new ChannelGraph(network, facts, Coupling.of(network, facts, whole));
      Node broken = graph.trial();
      if (broken == null) {
        return graph;
      }
      if (!whole.add(broken.name()) && !whole.addAll(ShapeCheck.sources(network, facts, broken))) {
        throw unexpected(broken);
      }
    }
  }

  /** Channels that can go, in the order of the graph. */
  public List<ChannelGroup> groups() {
    return coupling.groups();
  }

  /** Products none of whose channels can go, each with the reason. */
  public List<String> kept() {
    return coupling.kept();
  }

  /** Weights that sum over channels, in the order of the graph. */
  public List<Reader> readers() {
    return coupling.readers();
  }

  /** Names of the nodes whose filters make channels. */
  public List<String> products() {
    return coupling.filters().stream().map(one -> one.node().name()).toList();
  }

  /** A new count of the multiply-accumulates, with all channels. */
  public MacCount macs() {
    return new MacCount(coupling.products(), coupling.extents());
  }

  /** The network before, its functions inlined and its Constant nodes turned into initializers. */
  public Network network() {
    return network;
  }

  /**
   * The network without some channels; of each group one at least must be left.
   *
   * @throws UnsupportedException when a shape came out otherwise than it should
   */
  public Network without(List<Channel> channels) {
    GraphEditor editor = GraphEditor.of(network.graph());
    Removal removal = new Removal(coupling.shapes(), channels, editor, network.opset());
    Network result = network.withGraph(Surgeon.operate(editor, removal));
    Node broken = ShapeCheck.firstBroken(result, facts, removal);
    if (broken != null) {
      throw unexpected(broken);
    }
    return result;
  }

  /** Takes one channel out of every group; the first node whose output came out wrong, or null. */
  private @Nullable Node trial() {
    List<Channel> some = new ArrayList<>();
    for (ChannelGroup group : groups()) {
      if (group.channels().size() > 1) {
        some.add(group.channels().getFirst());
      }
    }
    GraphEditor editor = GraphEditor.of(network.graph());
    Removal removal = new Removal(coupling.shapes(), some, editor, network.opset());
    return ShapeCheck.firstBroken(
        network.withGraph(Surgeon.operate(editor, removal)), facts, removal);
  }

  private static void refuseQuantized(Graph graph) {
    for (Node node : graph.nodes()) {
      if (node.opType().startsWith("QLinear")
          || node.opType().endsWith("QuantizeLinear")
          || node.opType().equals("DequantizeLinear")
          || node.opType().endsWith("Integer")) {
        throw new UnsupportedException(
            new Problem(
                "channels of a quantized model can't be removed",
                node.toString(),
                "scales and zero points were chosen for the channels there are",
                "remove channels from the float model, then quantize it"));
      }
    }
  }

  private static UnsupportedException unexpected(Node node) {
    return new UnsupportedException(
        new Problem(
            "shapes do not follow the channels that were removed",
            node.toString(),
            "they are computed in a way that surgery does not follow",
            "simplify the model first, or --exclude the nodes before this one"));
  }
}
