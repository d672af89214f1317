package dev.lathe.compress.calibrate;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Sha256;
import dev.lathe.tensor.Tensor;
import java.util.Map;
import java.util.TreeMap;

/** SHA-256 of what a network computes: its inputs, nodes and constants. */
final class NetworkDigest {

  private NetworkDigest() {}

  static String of(Network network) {
    Sha256 digest = new Sha256();
    Graph graph = network.graph();
    graph.inputs().forEach(input -> digest.add(input.toString()));
    for (Node node : graph.nodes()) {
      digest.add(
          node.domain()
              + node.opType()
              + node.inputs()
              + node.outputs()
              + new TreeMap<>(node.attributes()));
    }
    for (Map.Entry<String, Tensor> entry : new TreeMap<>(graph.constants()).entrySet()) {
      Tensor tensor = entry.getValue();
      digest.add(entry.getKey() + " " + tensor);
      digest.add(tensor.data());
    }
    return digest.text();
  }
}
