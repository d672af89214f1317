package dev.lathe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.cpu.Isa;
import dev.lathe.data.Batches;
import dev.lathe.graph.Network;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample gives the same bits on every tier of this machine and on any number of threads. */
class TierAgreementTest {

  private static final int IMAGES = 3;
  private static final int PIXELS = 28 * 28;

  @TempDir Path folder;

  @Test
  void floats() throws Exception {
    assertSameOnAllTiers(OnnxReader.read(TrainedModel.SAMPLE.bytes()));
  }

  @Test
  void integersPerChannel() throws Exception {
    assertSameOnAllTiers(quantized(QuantizeOptions.standard()));
  }

  @Test
  void integersOfSignedActivations() throws Exception {
    assertSameOnAllTiers(quantized(QuantizeOptions.standard().withActivations(DType.INT8)));
  }

  private Network quantized(QuantizeOptions options) throws Exception {
    return OnnxReader.read(TrainedModel.SAMPLE.quantized(options, folder));
  }

  private void assertSameOnAllTiers(Network network) throws Exception {
    Tensor images = images(network);
    float[] expected = run(network, images, Isa.SCALAR, 1);
    for (Machine.Availability tier : Machine.here().tiers()) {
      for (int threads = 1; tier.available() && threads <= 3; threads++) {
        assertThat(run(network, images, tier.isa(), threads))
            .as("%s on %d threads", tier.isa().id(), threads)
            .isEqualTo(expected);
      }
    }
  }

  /** Three images; a NaN and infinities in the second, all else as it is. */
  private Tensor images(Network network) throws Exception {
    try (Batches batches =
        TrainedModel.SAMPLE.batches(
            TrainedModel.SAMPLE.evaluation(folder).slice(0, IMAGES), network)) {
      Tensor images = Objects.requireNonNull(batches.next()).input();
      float[] values = images.toFloats();
      values[PIXELS + 100] = Float.NaN;
      values[PIXELS + 300] = Float.POSITIVE_INFINITY;
      values[PIXELS + 500] = Float.NEGATIVE_INFINITY;
      return Tensor.of(values, images.shape().dims());
    }
  }

  private static float[] run(Network network, Tensor images, Isa isa, int threads) {
    try (NetworkRunner runner =
        new NetworkRunner(network, RunOptions.standard().withThreads(threads).withIsa(isa))) {
      return runner.run(List.of(images)).getFirst().toFloats();
    }
  }
}
