package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I16;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** One convolution with all its operands. */
record DepthwiseU8S8Problem(
    Window window,
    Requantize epilogue,
    MemorySegment weights,
    GuardedBytes src,
    int zeroPoint,
    GuardedBytes addend) {

  /** Plain, strided, padded, dilated, windows wholly outside, one-dimensional, asymmetric. */
  static List<Window> windows(int channels) {
    return List.of(
        new Window(channels, 5, 9, 5, 9, 3, 3, 1, 1, 1, 1, 1, 1),
        new Window(channels, 8, 7, 4, 4, 3, 3, 2, 2, 1, 1, 1, 1),
        new Window(channels, 6, 6, 6, 6, 5, 5, 1, 1, 1, 1, 2, 2),
        new Window(channels, 9, 12, 5, 6, 5, 5, 2, 2, 1, 1, 2, 2),
        new Window(channels, 4, 19, 4, 19, 3, 3, 1, 1, 2, 1, 2, 1),
        new Window(channels, 3, 2, 3, 6, 3, 3, 1, 1, 1, 1, 1, 3),
        new Window(channels, 7, 7, 7, 7, 3, 3, 1, 1, 2, 3, 2, 3),
        new Window(channels, 3, 3, 7, 8, 2, 3, 1, 1, 1, 1, 4, 5),
        new Window(channels, 1, 12, 1, 5, 1, 4, 1, 2, 1, 1, 0, 0),
        new Window(channels, 9, 9, 2, 2, 1, 1, 5, 7, 1, 1, 0, 0),
        new Window(channels, 4, 4, 1, 1, 4, 4, 1, 1, 1, 1, 0, 0));
  }

  static DepthwiseU8S8Problem random(Arena arena, Window window, boolean withAddend, long seed) {
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
  static DepthwiseU8S8Problem extreme(Arena arena, Window window, int sign) {
    byte[] src = new byte[(int) window.inElements()];
    Arrays.fill(src, (byte) 255);
    MemorySegment weights = arena.allocate(2L * window.taps() * window.channels(), 64);
    for (int i = 0; i < window.taps() * window.channels(); i++) {
      weights.setAtIndex(I16, i, (short) (255 * sign));
    }
    return of(arena, window, new Random(3), false, weights, src, 0);
  }

  private static DepthwiseU8S8Problem of(
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
    return new DepthwiseU8S8Problem(
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
