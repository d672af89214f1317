package dev.lathe.op;

import static dev.lathe.op.OperatorCase.lathe;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Internal uint8 operators against their definition, computed here element by element. */
class QuantizedOperatorsTest {

  private static final float X_SCALE = 0.05f;
  private static final int X_ZERO = 117;
  private static final float Y_SCALE = 0.031f;
  private static final int Y_ZERO = 9;
  private static final int HEIGHT = 7;
  private static final int WIDTH = 6;
  private static final int CHANNELS = 21;

  @Test
  void maximumOfStoredValues() {
    OperatorCase pool =
        lathe("QMaxPool")
            .with("kernel_shape", new long[] {3, 3})
            .with("pads", new long[] {1, 1, 1, 1})
            .random(DType.UINT8, 2, HEIGHT, WIDTH, CHANNELS);
    Tensor y = pool.run().getFirst();
    assertThat(y.shape()).isEqualTo(pool.first().shape());
    for (int i = 0; i < y.elements(); i++) {
      Taps taps = new Taps(pool.first(), i, 1);
      assertThat(y.integer(i)).isEqualTo(taps.max);
    }
  }

  @Test
  void averageLeavesPaddingOut() {
    OperatorCase pool =
        lathe("QAveragePool")
            .with("kernel_shape", new long[] {3, 3})
            .with("pads", new long[] {1, 1, 1, 1})
            .random(DType.UINT8, 2, HEIGHT, WIDTH, CHANNELS);
    Tensor y = quantization(pool).run().getFirst();
    for (int i = 0; i < y.elements(); i++) {
      Taps taps = new Taps(pool.first(), i, 1);
      float ratio = X_SCALE / (Y_SCALE * taps.count);
      assertThat(y.integer(i)).isEqualTo(requantized(taps.sum - taps.count * X_ZERO, ratio));
    }
  }

  @Test
  void globalAverage() {
    OperatorCase pool = lathe("QGlobalAveragePool").random(DType.UINT8, 3, HEIGHT, WIDTH, CHANNELS);
    Tensor y = quantization(pool).run().getFirst();
    assertThat(y.shape().dims()).containsExactly(3, 1, 1, CHANNELS);
    int pixels = HEIGHT * WIDTH;
    for (int i = 0; i < y.elements(); i++) {
      int image = i / CHANNELS;
      int sum = 0;
      for (int pixel = 0; pixel < pixels; pixel++) {
        sum += (int) pool.first().integer((image * pixels + pixel) * CHANNELS + i % CHANNELS);
      }
      float ratio = X_SCALE / (Y_SCALE * pixels);
      assertThat(y.integer(i)).isEqualTo(requantized(sum - pixels * X_ZERO, ratio));
    }
  }

  @Test
  void sumOfTwoScales() {
    OperatorCase add = lathe("QAdd").with("min", 20).with("max", 180).random(DType.UINT8, 3, 333);
    Tensor a = add.first();
    scale(add, X_SCALE, X_ZERO).random(DType.UINT8, 3, 333);
    Tensor b = add.latest();
    Tensor y = scale(scale(add, 0.02f, 40), Y_SCALE, Y_ZERO).run().getFirst();
    for (int i = 0; i < y.elements(); i++) {
      double lhs = (a.integer(i) - X_ZERO) * (double) X_SCALE;
      double rhs = (b.integer(i) - 40) * (double) 0.02f;
      double exact = Math.clamp((lhs + rhs) / Y_SCALE + Y_ZERO, 20, 180);
      // Only in the middle between two levels may the float arithmetic choose the other one.
      assertThat((double) y.integer(i)).isCloseTo(exact, within(0.5 + 1e-4));
    }
  }

  private static int requantized(int sum, float ratio) {
    return Math.clamp((long) Math.rint((float) sum * ratio) + Y_ZERO, 0, 255);
  }

  private static OperatorCase quantization(OperatorCase node) {
    return scale(scale(node, X_SCALE, X_ZERO), Y_SCALE, Y_ZERO);
  }

  private static OperatorCase scale(OperatorCase node, float scale, int zeroPoint) {
    return node.fed(Tensor.scalar(scale))
        .known()
        .fed(Tensor.of(DType.UINT8, new byte[] {(byte) zeroPoint}))
        .known();
  }

  /** The taps inside the image of a square window around an element of an NHWC tensor. */
  private static final class Taps {
    private int count;
    private int sum;
    private int max;

    Taps(Tensor x, int element, int radius) {
      int channel = element % CHANNELS;
      int column = element / CHANNELS % WIDTH;
      int row = element / CHANNELS / WIDTH % HEIGHT;
      int image = element / CHANNELS / WIDTH / HEIGHT;
      for (int h = Math.max(0, row - radius); h <= Math.min(HEIGHT - 1, row + radius); h++) {
        for (int w = Math.max(0, column - radius); w <= Math.min(WIDTH - 1, column + radius); w++) {
          int value = (int) x.integer(((image * HEIGHT + h) * WIDTH + w) * CHANNELS + channel);
          count++;
          sum += value;
          max = Math.max(max, value);
        }
      }
    }
  }
}
