package dev.lathe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.Machine;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A whole quantized network gives the same bits on every tier. */
class SameBitsTest {

  private static final Path MODEL = Path.of("../../shared/models/mobilenetv2-imagenet-qdq.onnx");

  @ParameterizedTest
  @EnumSource(Isa.class)
  void asOnTheBestTier(Isa isa) {
    Machine.Availability tier = Machine.here().availability(isa);
    assumeTrue(tier.available(), tier.why());
    assumeTrue(Files.exists(MODEL), () -> "no model " + MODEL.toAbsolutePath());
    Random random = new Random(7);
    float[] pixels = new float[3 * 224 * 224];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    Tensor image = Tensor.of(pixels, 1, 3, 224, 224);

    assertThat(run(isa, image).toFloats()).isEqualTo(run(best(), image).toFloats());
  }

  private static Isa best() {
    return Stream.of(Isa.values())
        .filter(Machine.here()::has)
        .reduce(Isa.SCALAR, (first, second) -> second);
  }

  private static Tensor run(Isa isa, Tensor image) {
    RunOptions options = RunOptions.standard().withThreads(1).withIsa(isa);
    try (NetworkRunner runner = new NetworkRunner(OnnxReader.read(MODEL), options)) {
      return runner.run(List.of(image)).getFirst();
    }
  }
}
