package dev.lathe.compress.surgery;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A part of a network with one entry and one exit of the same type and shape, which can be left
 * out.
 *
 * @param entry value the part starts from
 * @param exit value it makes of that, and of nothing else but constants
 * @param nodes that are needed for the exit only, in order
 * @param products names of those of them that multiply and accumulate
 * @param macs of them
 */
public record Bypass(
    String entry, String exit, List<Node> nodes, List<String> products, long macs) {

  public Bypass {
    nodes = List.copyOf(nodes);
    products = List.copyOf(products);
  }

  /** The network in which what reads the exit reads the entry. */
  public Network around(Network network) {
    GraphEditor editor = GraphEditor.of(network.graph());
    editor.replaceUses(exit, entry);
    return network.withGraph(editor.toGraph());
  }

  /** The nodes a network has no use for once it is left out. */
  static List<Node> unused(Network network, String exit, String entry) {
    Network around = new Bypass(entry, exit, List.of(), List.of(), 0).around(network);
    Set<String> left = new HashSet<>();
    around.graph().nodes().forEach(node -> left.add(node.name()));
    return network.graph().nodes().stream().filter(node -> !left.contains(node.name())).toList();
  }
}
