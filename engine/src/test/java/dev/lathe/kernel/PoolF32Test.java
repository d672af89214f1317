package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@PerTier
class PoolF32Test {

  private static final int[] CHANNELS = {
    1, 3, 4, 5, 8, 11, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 100
  };
  private static final PoolF32 REFERENCE = Kernels.reference(PoolF32.class);

  static Stream<Named<PoolF32>> kernels() {
    return Kernels.of(PoolF32.class);
  }

  /** Plain, padded, dilated, with windows that lie wholly outside, one-dimensional, global. */
  private static Stream<Window> windows(int channels) {
    return Stream.of(
        new Window(channels, 4, 6, 2, 3, 2, 2, 2, 2, 1, 1, 0, 0),
        new Window(channels, 7, 5, 4, 3, 3, 3, 2, 2, 1, 1, 1, 1),
        new Window(channels, 6, 6, 6, 6, 3, 3, 1, 1, 2, 2, 2, 2),
        new Window(channels, 3, 3, 5, 6, 2, 3, 2, 1, 1, 3, 3, 4),
        new Window(channels, 1, 9, 1, 4, 1, 3, 1, 2, 1, 1, 0, 0),
        new Window(channels, 7, 7, 1, 1, 7, 7, 1, 1, 1, 1, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(PoolF32 kernel) {
    for (int channels : CHANNELS) {
      windows(channels).forEach(window -> compare(kernel, window));
    }
  }

  private static void compare(PoolF32 kernel, Window window) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats src = GuardedFloats.random(arena, (int) window.inElements(), 4, 5);
      GuardedFloats divisors =
          GuardedFloats.finite(arena, window.outHeight() * window.outWidth(), 0, 6);
      for (MemorySegment by :
          new MemorySegment[] {null, divisors.segment().asSlice(divisors.at())}) {
        GuardedFloats expected = GuardedFloats.allocate(arena, (int) window.outElements(), 0);
        GuardedFloats actual = GuardedFloats.allocate(arena, (int) window.outElements(), 8);
        run(REFERENCE, window, by, src, expected, 0, window.outHeight());

        int middle = window.outHeight() / 2;
        run(kernel, window, by, src, actual, 0, middle);
        run(kernel, window, by, src, actual, middle, window.outHeight());

        actual.assertEqualTo(expected, (by == null ? "max, " : "average, ") + window);
      }
    }
  }

  private static void run(
      PoolF32 kernel,
      Window window,
      @Nullable MemorySegment divisors,
      GuardedFloats src,
      GuardedFloats dst,
      int rowFrom,
      int rowTo) {
    kernel.run(window, divisors, src.segment(), src.at(), dst.segment(), dst.at(), rowFrom, rowTo);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void writesOnlyItsRows(PoolF32 kernel) {
    Window window = new Window(20, 6, 6, 3, 3, 2, 2, 2, 2, 1, 1, 0, 0);
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats src = GuardedFloats.finite(arena, (int) window.inElements(), 0, 1);
      GuardedFloats dst = GuardedFloats.allocate(arena, (int) window.outElements(), 0);
      GuardedFloats row = new GuardedFloats(dst.segment(), dst.at() + 4 * 3 * 20, 3 * 20);

      run(kernel, window, null, src, dst, 1, 2);

      GuardedFloats written = row.copy(arena);
      row.assertEqualTo(written, "row 1 alone");
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesMemoryThatIsTooSmall(PoolF32 kernel) {
    Window window = new Window(16, 4, 4, 2, 2, 2, 2, 2, 2, 1, 1, 0, 0);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment src = arena.allocate(4 * window.inElements() - 4, 64);
      MemorySegment dst = arena.allocate(4 * window.outElements(), 64);

      assertThatThrownBy(() -> kernel.run(window, null, src, 0, dst, 0, 0, 2))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void referencePoolsPaddedWindowsOverTheirTapsInside() {
    try (Arena arena = Arena.ofConfined()) {
      // One channel, 2x2 image, 2x2 window, stride 2, padded by one at the top and the left.
      Window window = new Window(1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1);
      MemorySegment src = arena.allocateFrom(Tensor.F32, 1, -2, 3, 4);
      MemorySegment divisors = arena.allocateFrom(Tensor.F32, 1, 2, 4, 4);
      MemorySegment dst = arena.allocate(16);

      REFERENCE.run(window, null, src, 0, dst, 0, 0, 2);
      assertThat(floats(dst)).containsExactly(1, -2, 3, 4);

      REFERENCE.run(window, divisors, src, 0, dst, 0, 0, 2);
      assertThat(floats(dst)).containsExactly(1, -1, 0.75f, 1);
    }
  }

  @Test
  void referencePoolsOverlappingWindowsPerChannel() {
    try (Arena arena = Arena.ofConfined()) {
      // Two channels, 1x3 image, 1x2 window, stride 1.
      Window window = new Window(2, 1, 3, 1, 2, 1, 2, 1, 1, 1, 1, 0, 0);
      MemorySegment src = arena.allocateFrom(Tensor.F32, 1, -1, 5, Float.NaN, 2, 7);
      MemorySegment dst = arena.allocate(16);

      REFERENCE.run(window, null, src, 0, dst, 0, 0, 1);

      assertThat(floats(dst)).containsExactly(5, Float.NaN, 5, Float.NaN);
    }
  }

  private static float[] floats(MemorySegment segment) {
    return segment.toArray(Tensor.F32);
  }
}
