package dev.lathe.sample;

import dev.lathe.graph.Network;

/** AlexNet, the one-column form. */
record AlexNet() implements Topology {

  @Override
  public String name() {
    return "alexnet";
  }

  @Override
  public String source() {
    return "Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.relu(net.conv(net.input("input", 3), "conv1", 64, 11, 4, 2));
    x = net.maxPool(x, "pool1", 3, 2, 0, false);
    x = net.relu(net.conv(x, "conv2", 192, 5, 1, 2));
    x = net.maxPool(x, "pool2", 3, 2, 0, false);
    x = net.relu(net.conv(x, "conv3", 384, 3, 1, 1));
    x = net.relu(net.conv(x, "conv4", 256, 3, 1, 1));
    x = net.relu(net.conv(x, "conv5", 256, 3, 1, 1));
    x = net.maxPool(x, "pool5", 3, 2, 0, false);
    x = net.flatten(x, "flatten", 256 * 6 * 6);
    x = net.relu(net.gemm(x, "fc6", 4096));
    x = net.relu(net.gemm(x, "fc7", 4096));
    return Topology.imageNet(name(), net, net.gemm(x, "fc8", 1000));
  }
}
