package dev.lathe.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class XnnPackTest {

  private static final Layer LAYER = Layer.MOBILENETV2_PROJECT_7;

  private static XnnPack library() {
    Optional<XnnPack> found = XnnPack.load();
    assumeTrue(found.isPresent(), "libXNNPACK.so.0 (Debian: libxnnpack0) is not installed");
    return found.orElseThrow();
  }

  /** Both layouts against the sums in double. */
  @Test
  void bothConvolutionsComputeTheProduct() {
    XnnPack library = library();
    Random random = new Random(3);
    int pixels = LAYER.height * LAYER.width;
    float[] weights = new float[LAYER.out * LAYER.in];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = random.nextInt(10) == 0 ? (float) random.nextGaussian() : 0;
    }
    float[] input = new float[pixels * LAYER.in];
    for (int i = 0; i < input.length; i++) {
      input[i] = (float) random.nextGaussian();
    }
    try (XnnPack.Pointwise last = library.pointwise(LAYER, weights, false);
        XnnPack.Pointwise first = library.pointwise(LAYER, weights, true)) {
      MemorySegment.copy(input, 0, last.input, ValueLayout.JAVA_FLOAT, 0, input.length);
      for (int pixel = 0; pixel < pixels; pixel++) {
        for (int in = 0; in < LAYER.in; in++) {
          float value = input[pixel * LAYER.in + in];
          first.input.setAtIndex(ValueLayout.JAVA_FLOAT, (long) in * pixels + pixel, value);
        }
      }
      last.run();
      first.run();
      for (int pixel = 0; pixel < pixels; pixel += 5) {
        for (int out = 0; out < LAYER.out; out += 7) {
          double sum = 0;
          for (int in = 0; in < LAYER.in; in++) {
            sum += (double) input[pixel * LAYER.in + in] * weights[out * LAYER.in + in];
          }
          long at = (long) pixel * LAYER.out + out;
          assertThat((double) last.output.getAtIndex(ValueLayout.JAVA_FLOAT, at))
              .isCloseTo(sum, within(1e-4));
          at = (long) out * pixels + pixel;
          assertThat((double) first.output.getAtIndex(ValueLayout.JAVA_FLOAT, at))
              .isCloseTo(sum, within(1e-4));
        }
      }
    }
  }

  @Test
  void otherLayersAreRefused() {
    XnnPack library = library();
    assertThatThrownBy(() -> library.pointwise(Layer.RESNET50_CONV2_3X3, new float[1], true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
