package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fp32 depthwise convolution of the catalogue against the plain one, bit for bit. */
@Tag("isa")
class DepthwiseF32Test {

  private static final DepthwiseF32 PLAIN = Kernels.reference(DepthwiseF32.class);
  private static final int[] CHANNELS = {1, 3, 4, 7, 8, 15, 16, 17, 32, 33, 50};

  static Stream<Named<DepthwiseF32>> kernels() {
    return Kernels.of(DepthwiseF32.class);
  }

  /** 3x3 and 5x5 at strides 1 and 2, dilated, padded unevenly, one row, wider than the image. */
  private static Stream<Window> windows(int channels) {
    return Stream.of(
        new Window(channels, 7, 11, 7, 11, 3, 3, 1, 1, 1, 1, 1, 1),
        new Window(channels, 8, 14, 4, 7, 3, 3, 2, 2, 1, 1, 0, 0),
        new Window(channels, 6, 13, 6, 13, 5, 5, 1, 1, 1, 1, 2, 2),
        new Window(channels, 9, 15, 5, 8, 5, 5, 2, 2, 1, 1, 2, 2),
        new Window(channels, 9, 13, 9, 13, 3, 3, 1, 1, 2, 3, 2, 3),
        new Window(channels, 5, 6, 5, 7, 2, 4, 1, 1, 1, 1, 0, 3),
        new Window(channels, 1, 17, 1, 17, 1, 3, 1, 1, 1, 1, 0, 1),
        new Window(channels, 2, 2, 6, 6, 3, 3, 1, 1, 1, 1, 3, 3));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsPlain(DepthwiseF32 kernel) {
    long seed = 0;
    for (int channels : CHANNELS) {
      for (Window window : windows(channels).toList()) {
        for (int repeat = 0; repeat < 4; repeat++) {
          compare(kernel, window, seed++);
        }
      }
    }
  }

  private static void compare(DepthwiseF32 kernel, Window window, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      Random random = new Random(seed);
      int pixels = window.outHeight() * window.outWidth();
      int channels = window.channels();
      GuardedFloats src =
          random.nextInt(4) == 0
              ? GuardedFloats.random(arena, (int) window.inElements(), 4, seed)
              : GuardedFloats.finite(arena, (int) window.inElements(), 4, seed);
      MemorySegment weights = padded(arena, window.taps() * channels, seed + 1);
      int stride = random.nextBoolean() ? channels + random.nextInt(3) : 0;
      GuardedFloats addend =
          stride == 0 ? null : GuardedFloats.finite(arena, pixels * stride, 8, seed + 2);
      FloatEpilogue epilogue =
          new FloatEpilogue(
              random.nextBoolean() ? padded(arena, channels, seed + 3) : null,
              stride,
              random.nextBoolean() ? 0 : Float.NEGATIVE_INFINITY,
              random.nextBoolean() ? 6 : Float.POSITIVE_INFINITY);
      GuardedFloats expected = GuardedFloats.allocate(arena, pixels * channels, 0);
      GuardedFloats actual = GuardedFloats.allocate(arena, pixels * channels, 4);

      run(PLAIN, window, epilogue, weights, src, addend, expected, 0, window.outHeight());
      int middle = random.nextInt(window.outHeight() + 1);
      run(kernel, window, epilogue, weights, src, addend, actual, middle, window.outHeight());
      run(kernel, window, epilogue, weights, src, addend, actual, 0, middle);

      actual.assertEqualTo(expected, kernel.name() + ", " + window + ", seed " + seed);
    }
  }

  private static MemorySegment padded(Arena arena, int count, long seed) {
    GuardedFloats values = GuardedFloats.finite(arena, count, 0, seed);
    MemorySegment padded = arena.allocate(Math.ceilDiv(4L * count, 64L) * 64, 64);
    MemorySegment.copy(values.segment(), values.at(), padded, 0, 4L * count);
    return padded;
  }

  private static void run(
      DepthwiseF32 kernel,
      Window window,
      FloatEpilogue epilogue,
      MemorySegment weights,
      GuardedFloats src,
      @Nullable GuardedFloats addend,
      GuardedFloats dst,
      int rowFrom,
      int rowTo) {
    kernel.run(
        window,
        epilogue,
        weights,
        src.segment(),
        src.at(),
        addend == null ? null : addend.segment(),
        addend == null ? 0 : addend.at(),
        dst.segment(),
        dst.at(),
        rowFrom,
        rowTo);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesMemoryThatIsTooSmall(DepthwiseF32 kernel) {
    Window window = new Window(16, 4, 4, 4, 4, 3, 3, 1, 1, 1, 1, 1, 1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment weights = arena.allocate(4L * 9 * 16, 64);
      MemorySegment src = arena.allocate(4 * window.inElements() - 4, 64);
      MemorySegment dst = arena.allocate(4 * window.outElements(), 64);

      assertThatThrownBy(
              () -> kernel.run(window, FloatEpilogue.NONE, weights, src, 0, null, 0, dst, 0, 0, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void plainSumsTheTapsInsideTheImage() {
    try (Arena arena = Arena.ofConfined()) {
      // Two channels, 1x3 image, 1x3 window padded by one; the second channel's weights are
      // tenfold.
      Window window = new Window(2, 1, 3, 1, 3, 1, 3, 1, 1, 1, 1, 0, 1);
      MemorySegment src = arena.allocateFrom(Tensor.F32, 1, 1, 2, 2, 3, 3);
      MemorySegment weights = arena.allocateFrom(Tensor.F32, 1, 10, 2, 20, 4, 40);
      MemorySegment dst = arena.allocate(24);

      PLAIN.run(window, FloatEpilogue.NONE, weights, src, 0, null, 0, dst, 0, 0, 1);

      assertThat(dst.toArray(Tensor.F32)).containsExactly(10, 100, 17, 170, 8, 80);
    }
  }
}
