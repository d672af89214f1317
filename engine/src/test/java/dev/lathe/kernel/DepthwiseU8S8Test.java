package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I32;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("isa")
class DepthwiseU8S8Test {

  private static final DepthwiseU8S8 REFERENCE = Kernels.reference(DepthwiseU8S8.class);

  static Stream<Named<DepthwiseU8S8>> kernels() {
    return Kernels.of(DepthwiseU8S8.class);
  }

  /** Plain, strided, padded, dilated, windows wholly outside, one-dimensional, asymmetric. */
  private static List<Window> windows(int channels) {
    return List.of(
        new Window(channels, 5, 9, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1),
        new Window(channels, 8, 7, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1),
        new Window(channels, 6, 6, 6, 6, 5, 5, 1, 1, 1, 1, 2, 2),
        new Window(channels, 7, 7, 7, 7, 3, 3, 1, 1, 2, 3, 2, 3),
        new Window(channels, 3, 3, 7, 8, 2, 3, 1, 1, 1, 1, 4, 5),
        new Window(channels, 1, 12, 1, 5, 1, 4, 1, 2, 1, 1, 0, 0),
        new Window(channels, 9, 9, 2, 2, 1, 1, 5, 7, 1, 1, 0, 0),
        new Window(channels, 4, 4, 1, 1, 4, 4, 1, 1, 1, 1, 0, 0));
  }

  /** One convolution with all its operands. */
  private record Problem(
      Window window,
      Requantize epilogue,
      MemorySegment weights,
      GuardedBytes src,
      int zeroPoint,
      GuardedBytes addend) {

    static Problem random(Arena arena, Window window, boolean withAddend, long seed) {
      Random random = new Random(seed);
      byte[] src = new byte[(int) window.inElements()];
      random.nextBytes(src);
      MemorySegment weights = arena.allocate(2L * window.taps() * window.channels(), 64);
      for (int i = 0; i < window.taps() * window.channels(); i++) {
        int weight = random.nextInt(-255, 256);
        // Every other problem has symmetric weights, which are int8.
        weights.setAtIndex(I16, i, (short) (seed % 2 == 0 ? (byte) weight : weight));
      }
      return of(arena, window, random, withAddend, weights, src, random.nextInt(256));
    }

    /** Every product is 255 * 255 or its negative. */
    static Problem extreme(Arena arena, Window window, int sign) {
      byte[] src = new byte[(int) window.inElements()];
      Arrays.fill(src, (byte) 255);
      MemorySegment weights = arena.allocate(2L * window.taps() * window.channels(), 64);
      for (int i = 0; i < window.taps() * window.channels(); i++) {
        weights.setAtIndex(I16, i, (short) (255 * sign));
      }
      return of(arena, window, new Random(3), false, weights, src, 0);
    }

    private static Problem of(
        Arena arena,
        Window window,
        Random random,
        boolean withAddend,
        MemorySegment weights,
        byte[] src,
        int zeroPoint) {
      int channels = window.channels();
      long padded = Math.ceilDiv(4L * channels, 64) * 64;
      MemorySegment bias = arena.allocate(padded, 64);
      MemorySegment scale = arena.allocate(padded, 64);
      for (int c = 0; c < channels; c++) {
        bias.setAtIndex(I32, c, random.nextInt(-60000, 60000));
        scale.setAtIndex(F32, c, c % 3 == 0 ? 0x1p-11f : random.nextFloat() / 900);
      }
      int stride = channels + random.nextInt(3);
      byte[] addend = new byte[(int) (window.outElements() / channels) * stride];
      random.nextBytes(addend);
      Requantize.Addend plus =
          withAddend
              ? new Requantize.Addend(
                  stride,
                  QuantizedSum.of(
                      0.04f,
                      random.nextInt(256),
                      0.03f,
                      random.nextInt(256),
                      0.05f,
                      random.nextInt(256)),
                  random.nextBoolean())
              : null;
      Requantize epilogue =
          new Requantize(
              bias, scale, random.nextInt(256), withAddend ? 9 : 0, withAddend ? 240 : 255, plus);
      return new Problem(
          window,
          epilogue,
          weights,
          new GuardedBytes(arena, src),
          zeroPoint,
          new GuardedBytes(arena, addend));
    }

    GuardedBytes result(Arena arena, DepthwiseU8S8 kernel, int... rows) {
      GuardedBytes dst = new GuardedBytes(arena, (int) window.outElements());
      for (int i = 1; i < rows.length; i++) {
        run(kernel, dst, rows[i - 1], rows[i]);
      }
      return dst;
    }

    void run(DepthwiseU8S8 kernel, GuardedBytes dst, int rowFrom, int rowTo) {
      kernel.run(
          window,
          epilogue,
          weights,
          src.memory(),
          src.at(),
          zeroPoint,
          epilogue.addend() == null ? null : addend.memory(),
          addend.at(),
          dst.memory(),
          dst.at(),
          rowFrom,
          rowTo);
    }

    byte[] expected() {
      byte[] expected = new byte[(int) window.outElements()];
      byte[] x = src.content();
      byte[] residuals = addend.content();
      for (int i = 0; i < expected.length; i++) {
        int c = i % window.channels();
        int pixel = i / window.channels();
        BigInteger acc = BigInteger.ZERO;
        for (int tap = 0; tap < window.taps(); tap++) {
          int row = window.inRow(pixel / window.outWidth(), tap / window.kernelWidth());
          int column = window.inColumn(pixel % window.outWidth(), tap % window.kernelWidth());
          if (window.rowInside(row) && window.columnInside(column)) {
            int at = (row * window.inWidth() + column) * window.channels() + c;
            int weight = weights.getAtIndex(I16, tap * window.channels() + c);
            int product = (Byte.toUnsignedInt(x[at]) - zeroPoint) * weight;
            acc = acc.add(BigInteger.valueOf(product));
          }
        }
        Requantize.Addend plus = epilogue.addend();
        int at = plus == null ? 0 : (int) (pixel * plus.stride()) + c;
        expected[i] = Requantizer.apply(epilogue, acc, c, Byte.toUnsignedInt(residuals[at]));
      }
      return expected;
    }
  }

  @Test
  void referenceEqualsArithmeticInIntegersOfAnySize() {
    try (Arena arena = Arena.ofConfined()) {
      for (Window window : windows(5)) {
        for (boolean withAddend : new boolean[] {false, true}) {
          Problem problem = Problem.random(arena, window, withAddend, 1);
          problem
              .result(arena, REFERENCE, 0, window.outHeight())
              .assertContent(problem.expected(), window.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(DepthwiseU8S8 kernel) {
    long seed = 10;
    for (int channels :
        new int[] {1, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 70, 144}) {
      for (Window window : windows(channels)) {
        try (Arena arena = Arena.ofConfined()) {
          Problem problem = Problem.random(arena, window, seed % 3 == 0, seed++);
          byte[] expected = problem.result(arena, REFERENCE, 0, window.outHeight()).content();
          int middle = window.outHeight() / 2;
          problem
              .result(arena, kernel, 0, middle, middle, window.outHeight())
              .assertContent(expected, window.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void sumsOfManyTapsAreExact(DepthwiseU8S8 kernel) {
    for (int sign : new int[] {-1, 1}) {
      for (Window window :
          List.of(
              new Window(18, 16, 17, 2, 2, 15, 16, 1, 1, 1, 1, 0, 0),
              new Window(18, 17, 18, 2, 2, 16, 17, 1, 1, 1, 1, 0, 0),
              new Window(3, 31, 31, 3, 3, 31, 31, 1, 1, 1, 1, 1, 1),
              new Window(3, 1, 600, 1, 2, 1, 599, 1, 1, 1, 1, 0, 0),
              new Window(80, 9, 9, 3, 3, 7, 7, 1, 1, 1, 1, 0, 0))) {
        if (!kernel.accepts(window)) {
          continue;
        }
        try (Arena arena = Arena.ofConfined()) {
          Problem problem = Problem.extreme(arena, window, sign);
          byte[] expected = problem.result(arena, REFERENCE, 0, window.outHeight()).content();
          problem
              .result(arena, kernel, 0, window.outHeight())
              .assertContent(expected, window.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesMemoryThatIsTooSmall(DepthwiseU8S8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      Window window = windows(16).get(0);
      Problem problem = Problem.random(arena, window, false, 2);
      GuardedBytes small = new GuardedBytes(arena, 1);

      assertThatThrownBy(() -> problem.run(kernel, small, 0, window.outHeight()))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
