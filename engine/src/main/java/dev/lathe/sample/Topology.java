package dev.lathe.sample;

import dev.lathe.graph.Network;
import java.util.List;

/** A well-known network structure. */
interface Topology {

  /** As the command line names it. */
  String name();

  /** Where it comes from. */
  String source();

  Network build(long seed);

  /** A classifier of 3x224x224 images into 1000 classes. */
  static Network imageNet(String name, NetworkBuilder net, String logits) {
    String output = net.node("Identity", "logits", 1000, java.util.Map.of(), logits);
    return net.build(
        name,
        List.of(NetworkBuilder.batched("input", 3, 224, 224)),
        List.of(NetworkBuilder.batched(output, 1000)));
  }
}
