package dev.lathe.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.pass.NetworkBuilder.Levels;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * A quantized network with every kind of convolution gives the same bits on every tier of every
 * processor architecture: those whose checksum stands here.
 */
class EveryArchitectureTest {

  private static final String OUTPUT_SHA256 =
      "04c3b59f084a7524731f281a04ad266436873283fbfe771eac8da1eb2c210c77";

  private static final Levels IMAGE = new Levels(DType.UINT8, 1f / 64, 128);
  private static final Levels POSITIVE = new Levels(DType.UINT8, 0.043f, 0);
  private static final Levels WIDE = new Levels(DType.UINT8, 0.051f, 131);

  private final NetworkBuilder net = new NetworkBuilder();

  @Test
  void integersHaveTheRecordedBitsOnEveryTier() throws Exception {
    Network network = network();
    Tensor image = net.uniform(-2, 2, 1, 3, 20, 20);
    for (Machine.Availability tier : Machine.here().tiers()) {
      if (tier.available()) {
        assertThat(sha256(run(network, image, tier.isa())))
            .as("tier %s", tier.isa().id())
            .isEqualTo(OUTPUT_SHA256);
      }
    }
  }

  /** Three channels in, depthwise with both strides, a residual sum, pooling, a matrix product. */
  private Network network() {
    String x = net.requantize(net.input("x", 1, 3, 20, 20), IMAGE);
    String stem = relu(conv(x, 24, 3, 3, 2, 1));
    String a = relu(conv(stem, 24, 1, 3, 1, 24));
    a = net.requantize(conv(a, 24, 24, 1, 1, 1), WIDE);
    String sum = relu(net.op("Add", a, stem));
    String b = relu(conv(sum, 24, 1, 5, 2, 24));
    b = relu(conv(b, 40, 24, 3, 1, 1));
    String mean = net.requantize(net.op("GlobalAveragePool", b), POSITIVE);
    String flat = net.op("Flatten", mean);
    String weights =
        net.perChannel(DType.INT8, 0, 1f / 32, net.integers(DType.INT8, -90, 90, 10, 40));
    String y = net.op("Gemm", Map.of("transB", new Attribute.Int(1)), flat, weights);
    return new Network(
        8, Map.of("", 17L), net.build(net.requantize(y, WIDE)), "test", Map.of(), null);
  }

  private String relu(String x) {
    return net.requantize(net.op("Relu", x), POSITIVE);
  }

  private String conv(String x, int out, int inPerGroup, int kernel, int stride, int group) {
    Tensor weights = net.integers(DType.INT8, -128, 127, out, inPerGroup, kernel, kernel);
    float scale = 1f / (64 * kernel * (float) Math.sqrt(inPerGroup));
    return net.op(
        "Conv",
        NetworkBuilder.convAttributes(kernel, stride, group),
        x,
        net.perChannel(DType.INT8, 0, scale, weights));
  }

  private static Tensor run(Network network, Tensor image, Isa isa) {
    try (NetworkRunner runner =
        new NetworkRunner(network, RunOptions.standard().withThreads(2).withIsa(isa))) {
      return Objects.requireNonNull(runner.run(List.of(image)).getFirst());
    }
  }

  private static String sha256(Tensor tensor) throws Exception {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    assertThat(tensor.toFloats()).as("outputs that tell networks apart").doesNotHaveDuplicates();
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}
