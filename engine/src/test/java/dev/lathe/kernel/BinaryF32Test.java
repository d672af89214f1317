package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.kernel.BinaryF32.Function;
import dev.lathe.kernel.dispatch.PerTier;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@PerTier
class BinaryF32Test {

  private static final int[] LENGTHS = {0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 48, 64, 500};
  private static final int[][] STEPS = {{1, 1}, {1, 0}, {0, 1}, {0, 0}};
  private static final BinaryF32 REFERENCE = Kernels.reference(BinaryF32.class);

  static Stream<Named<BinaryF32>> kernels() {
    return Kernels.of(BinaryF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(BinaryF32 kernel) {
    for (Function function : Function.values()) {
      for (int length : LENGTHS) {
        for (int[] steps : STEPS) {
          compare(kernel, function, length, steps[0], steps[1]);
        }
      }
    }
  }

  private static void compare(
      BinaryF32 kernel, Function function, int length, int lhsStep, int rhsStep) {
    String what = function + ", " + length + " elements, steps " + lhsStep + " and " + rhsStep;
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats lhs = GuardedFloats.random(arena, length, 4, length);
      GuardedFloats rhs = GuardedFloats.random(arena, length, 20, length + 1);
      GuardedFloats expected = GuardedFloats.allocate(arena, length, 0);
      run(REFERENCE, function, lhs, lhsStep, rhs, rhsStep, expected);

      GuardedFloats actual = GuardedFloats.allocate(arena, length, 8);
      run(kernel, function, lhs, lhsStep, rhs, rhsStep, actual);
      actual.assertEqualTo(expected, what);

      GuardedFloats overLhs = lhs.copy(arena);
      run(kernel, function, overLhs, lhsStep, rhs, rhsStep, overLhs);
      overLhs.assertEqualTo(expected, what + ", over lhs");

      GuardedFloats overRhs = rhs.copy(arena);
      run(kernel, function, lhs, lhsStep, overRhs, rhsStep, overRhs);
      overRhs.assertEqualTo(expected, what + ", over rhs");
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void squaresAsMultiplicationDoes(BinaryF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats base = GuardedFloats.random(arena, 100, 0, 3);
      GuardedFloats two = GuardedFloats.allocate(arena, 1, 0);
      two.set(0, 2);
      GuardedFloats expected = GuardedFloats.allocate(arena, 100, 0);
      run(REFERENCE, Function.MUL, base, 1, base, 1, expected);

      GuardedFloats actual = GuardedFloats.allocate(arena, 100, 0);
      run(kernel, Function.POW, base, 1, two, 0, actual);

      actual.assertEqualTo(expected, "x^2");
    }
  }

  private static void run(
      BinaryF32 kernel,
      Function function,
      GuardedFloats lhs,
      int lhsStep,
      GuardedFloats rhs,
      int rhsStep,
      GuardedFloats dst) {
    kernel.run(
        function,
        lhs.segment(),
        lhs.at(),
        lhsStep,
        rhs.segment(),
        rhs.at(),
        rhsStep,
        dst.segment(),
        dst.at(),
        dst.count());
  }

  @ParameterizedTest
  @EnumSource
  void referenceMeansWhatTheContractSays(Function function) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats lhs = GuardedFloats.finite(arena, 300, 0, 1);
      GuardedFloats rhs = GuardedFloats.finite(arena, 300, 0, 2);
      GuardedFloats dst = GuardedFloats.allocate(arena, 300, 0);
      run(REFERENCE, function, lhs, 1, rhs, 1, dst);
      for (int i = 0; i < dst.count(); i++) {
        double expected = exact(function, lhs.get(i), rhs.get(i));
        if (Double.isNaN(expected)) {
          assertThat(dst.get(i)).isNaN();
        } else {
          assertThat((double) dst.get(i))
              .as("%s(%s, %s)", function, lhs.get(i), rhs.get(i))
              .isCloseTo(expected, within(1e-7 * Math.max(1, Math.abs(expected))));
        }
      }
    }
  }

  private static double exact(Function function, double x, double y) {
    return switch (function) {
      case ADD -> x + y;
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / y;
      case MIN -> x < y ? x : y;
      case MAX -> x > y ? x : y;
      case POW -> Math.pow(x, y);
      case PRELU -> x < 0 ? x * y : x;
    };
  }
}
