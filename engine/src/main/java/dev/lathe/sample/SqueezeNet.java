package dev.lathe.sample;

import dev.lathe.graph.Network;

/** SqueezeNet 1.1. */
record SqueezeNet() implements Topology {

  @Override
  public String name() {
    return "squeezenet1_1";
  }

  @Override
  public String source() {
    return "Iandola et al., SqueezeNet, 2016; release 1.1";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.relu(net.conv(net.input("input", 3), "conv1", 64, 3, 2, 0));
    x = net.maxPool(x, "pool1", 3, 2, 0, true);
    x = fire(net, fire(net, x, "fire2", 16, 64), "fire3", 16, 64);
    x = net.maxPool(x, "pool3", 3, 2, 0, true);
    x = fire(net, fire(net, x, "fire4", 32, 128), "fire5", 32, 128);
    x = net.maxPool(x, "pool5", 3, 2, 0, true);
    x = fire(net, fire(net, x, "fire6", 48, 192), "fire7", 48, 192);
    x = fire(net, fire(net, x, "fire8", 64, 256), "fire9", 64, 256);
    x = net.relu(net.conv(x, "conv10", 1000, 1, 1, 0));
    x = net.flatten(net.globalAveragePool(x, "avgpool"), "flatten", 1000);
    return Topology.imageNet(name(), net, x);
  }

  private static String fire(NetworkBuilder net, String x, String name, int squeeze, int expand) {
    String s = net.relu(net.conv(x, name + ".squeeze", squeeze, 1, 1, 0));
    String one = net.relu(net.conv(s, name + ".expand1x1", expand, 1, 1, 0));
    String three = net.relu(net.conv(s, name + ".expand3x3", expand, 3, 1, 1));
    return net.concat(name + ".concat", one, three);
  }
}
