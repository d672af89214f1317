package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.List;
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

  @Test
  void referenceEqualsArithmeticInIntegersOfAnySize() {
    try (Arena arena = Arena.ofConfined()) {
      for (Window window : DepthwiseU8S8Problem.windows(5)) {
        for (boolean withAddend : new boolean[] {false, true}) {
          DepthwiseU8S8Problem problem = DepthwiseU8S8Problem.random(arena, window, withAddend, 1);
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
      for (Window window : DepthwiseU8S8Problem.windows(channels)) {
        if (!kernel.accepts(window)) {
          continue;
        }
        try (Arena arena = Arena.ofConfined()) {
          DepthwiseU8S8Problem problem =
              DepthwiseU8S8Problem.random(arena, window, seed % 3 == 0, seed++);
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
          DepthwiseU8S8Problem problem = DepthwiseU8S8Problem.extreme(arena, window, sign);
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
      Window window = DepthwiseU8S8Problem.windows(16).get(0);
      DepthwiseU8S8Problem problem = DepthwiseU8S8Problem.random(arena, window, false, 2);
      GuardedBytes small = new GuardedBytes(arena, 1);

      assertThatThrownBy(() -> problem.run(kernel, small, 0, window.outHeight()))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
