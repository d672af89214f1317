package dev.lathe.sample;

import dev.lathe.graph.Network;
import java.util.List;

/** ResNet-18 and ResNet-50 as torchvision builds them, batch normalization folded. */
record ResNet(String name, boolean bottleneck, List<Integer> blocks) implements Topology {

  static final ResNet RESNET18 = new ResNet("resnet18", false, List.of(2, 2, 2, 2));
  static final ResNet RESNET50 = new ResNet("resnet50", true, List.of(3, 4, 6, 3));

  @Override
  public String source() {
    return "He et al., Deep Residual Learning for Image Recognition, 2015; stride in the 3x3";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.relu(net.conv(net.input("input", 3), "conv1", 64, 7, 2, 3));
    x = net.maxPool(x, "maxpool", 3, 2, 1, false);
    for (int stage = 0; stage < blocks.size(); stage++) {
      int width = 64 << stage;
      for (int block = 0; block < blocks.get(stage); block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        x = block(net, x, "layer" + (stage + 1) + "." + block, width, stride);
      }
    }
    x = net.flatten(net.globalAveragePool(x, "avgpool"), "flatten", net.channels(x));
    return Topology.imageNet(name, net, net.gemm(x, "fc", 1000));
  }

  private String block(NetworkBuilder net, String x, String name, int width, int stride) {
    int out = bottleneck ? 4 * width : width;
    String skip =
        stride != 1 || net.channels(x) != out
            ? net.conv(x, name + ".downsample", out, 1, stride, 0)
            : x;
    String y;
    if (bottleneck) {
      y = net.relu(net.conv(x, name + ".conv1", width, 1, 1, 0));
      y = net.relu(net.conv(y, name + ".conv2", width, 3, stride, 1));
      y = net.conv(y, name + ".conv3", out, 1, 1, 0);
    } else {
      y = net.relu(net.conv(x, name + ".conv1", width, 3, stride, 1));
      y = net.conv(y, name + ".conv2", out, 3, 1, 1);
    }
    return net.relu(net.add(name + ".add", y, skip));
  }
}
