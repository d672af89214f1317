package dev.lathe.sample;

import dev.lathe.graph.Network;
import java.util.List;

/** VGG-16, configuration D. */
record Vgg16() implements Topology {

  private static final List<List<Integer>> STAGES =
      List.of(
          List.of(64, 64),
          List.of(128, 128),
          List.of(256, 256, 256),
          List.of(512, 512, 512),
          List.of(512, 512, 512));

  @Override
  public String name() {
    return "vgg16";
  }

  @Override
  public String source() {
    return "Simonyan and Zisserman, Very Deep Convolutional Networks, 2014, configuration D";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.input("input", 3);
    for (int stage = 0; stage < STAGES.size(); stage++) {
      for (int i = 0; i < STAGES.get(stage).size(); i++) {
        String name = "features." + stage + "." + i;
        x = net.relu(net.conv(x, name, STAGES.get(stage).get(i), 3, 1, 1));
      }
      x = net.maxPool(x, "pool" + stage, 2, 2, 0, false);
    }
    x = net.flatten(x, "flatten", 512 * 7 * 7);
    x = net.relu(net.gemm(x, "classifier.0", 4096));
    x = net.relu(net.gemm(x, "classifier.3", 4096));
    return Topology.imageNet(name(), net, net.gemm(x, "classifier.6", 1000));
  }
}
