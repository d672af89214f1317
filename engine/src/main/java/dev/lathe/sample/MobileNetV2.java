package dev.lathe.sample;

import dev.lathe.graph.Network;
import java.util.List;

/** MobileNetV2 of width 1.0, batch normalization folded. */
record MobileNetV2() implements Topology {

  private record Stage(int expansion, int channels, int repeats, int stride) {}

  private static final List<Stage> STAGES =
      List.of(
          new Stage(1, 16, 1, 1),
          new Stage(6, 24, 2, 2),
          new Stage(6, 32, 3, 2),
          new Stage(6, 64, 4, 2),
          new Stage(6, 96, 3, 1),
          new Stage(6, 160, 3, 2),
          new Stage(6, 320, 1, 1));

  @Override
  public String name() {
    return "mobilenet_v2";
  }

  @Override
  public String source() {
    return "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, table 2";
  }

  @Override
  public Network build(long seed) {
    NetworkBuilder net = new NetworkBuilder(seed);
    String x = net.relu6(net.conv(net.input("input", 3), "stem", 32, 3, 2, 1));
    for (int s = 0; s < STAGES.size(); s++) {
      Stage stage = STAGES.get(s);
      for (int i = 0; i < stage.repeats; i++) {
        x = block(net, x, "block" + s + "." + i, stage, i == 0 ? stage.stride : 1);
      }
    }
    x = net.relu6(net.conv(x, "head", 1280, 1, 1, 0));
    x = net.flatten(net.globalAveragePool(x, "avgpool"), "flatten", 1280);
    return Topology.imageNet(name(), net, net.gemm(x, "classifier", 1000));
  }

  private static String block(NetworkBuilder net, String x, String name, Stage stage, int stride) {
    int hidden = net.channels(x) * stage.expansion;
    String y = stage.expansion == 1 ? x : net.relu6(net.conv(x, name + ".expand", hidden, 1, 1, 0));
    y = net.relu6(net.conv(y, name + ".depthwise", hidden, 3, stride, 1, hidden));
    y = net.conv(y, name + ".project", stage.channels, 1, 1, 0);
    boolean residual = stride == 1 && net.channels(x) == stage.channels;
    return residual ? net.add(name + ".add", x, y) : y;
  }
}
