package dev.lathe.sample;

import dev.lathe.graph.Network;
import java.util.List;

/** LeNet-5 with ReLU and max pooling, as it is taught today. */
record LeNet5() implements Topology {

  @Override
  public String name() {
    return "lenet5";
  }

  @Override
  public String source() {
    return "LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.relu(net.conv(net.input("input", 1), "conv1", 6, 5, 1, 2));
    x = net.maxPool(x, "pool1", 2, 2, 0, false);
    x = net.relu(net.conv(x, "conv2", 16, 5, 1, 0));
    x = net.maxPool(x, "pool2", 2, 2, 0, false);
    x = net.flatten(x, "flatten", 16 * 5 * 5);
    x = net.relu(net.gemm(x, "fc1", 120));
    x = net.relu(net.gemm(x, "fc2", 84));
    String logits = net.gemm(x, "logits", 10);
    return net.build(
        name(),
        List.of(NetworkBuilder.batched("input", 1, 28, 28)),
        List.of(NetworkBuilder.batched(logits, 10)));
  }
}
