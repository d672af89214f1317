package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.kernel.UnaryF32.Function;
import dev.lathe.kernel.dispatch.PerTier;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@PerTier
class UnaryF32Test {

  private static final int[] LENGTHS = {
    0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 48, 63, 64, 1000
  };
  private static final UnaryF32 REFERENCE = Kernels.reference(UnaryF32.class);

  static Stream<Named<UnaryF32>> kernels() {
    return Kernels.of(UnaryF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsReference(UnaryF32 kernel) {
    for (Function function : Function.values()) {
      for (int length : LENGTHS) {
        for (int misalignment : new int[] {0, 4, 28}) {
          compare(kernel, function, length, misalignment);
        }
      }
    }
  }

  private static void compare(UnaryF32 kernel, Function function, int length, int misalignment) {
    String what = function + ", " + length + " elements, misaligned by " + misalignment;
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats src = GuardedFloats.random(arena, length, misalignment, length + 17);
      GuardedFloats expected = GuardedFloats.allocate(arena, length, 0);
      GuardedFloats actual = GuardedFloats.allocate(arena, length, 8);
      GuardedFloats inPlace = src.copy(arena);

      run(REFERENCE, function, src, expected);
      run(kernel, function, src, actual);
      run(kernel, function, inPlace, inPlace);

      actual.assertEqualTo(expected, what);
      inPlace.assertEqualTo(expected, what + ", in place");
    }
  }

  private static void run(
      UnaryF32 kernel, Function function, GuardedFloats src, GuardedFloats dst) {
    kernel.run(function, 0.2f, 0.5f, src.segment(), src.at(), dst.segment(), dst.at(), src.count());
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void refusesRangesOutsideMemory(UnaryF32 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats floats = GuardedFloats.allocate(arena, 16, 0);
      long end = floats.segment().byteSize();

      assertThatThrownBy(
              () ->
                  kernel.run(
                      Function.NEG, 0, 0, floats.segment(), 0, floats.segment(), end - 60, 16))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void referenceMeansWhatTheContractSays(Function function) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats src = GuardedFloats.finite(arena, 500, 0, 1);
      GuardedFloats dst = GuardedFloats.allocate(arena, 500, 0);
      run(REFERENCE, function, src, dst);
      for (int i = 0; i < src.count(); i++) {
        double expected = exact(function, src.get(i), 0.2f, 0.5f);
        if (Double.isNaN(expected)) {
          assertThat(dst.get(i)).as("%s(%s)", function, src.get(i)).isNaN();
        } else {
          assertThat((double) dst.get(i))
              .as("%s(%s)", function, src.get(i))
              .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
        }
      }
    }
  }

  private static double exact(Function function, double x, double a, double b) {
    return switch (function) {
      case RELU -> x > 0 ? x : 0;
      case LEAKY_RELU -> x < 0 ? a * x : x;
      case CLIP -> Math.clamp(x, a, b);
      case HARD_SIGMOID -> Math.clamp(a * x + b, 0.0, 1.0);
      case HARD_SWISH -> x * Math.clamp(x / 6 + 0.5, 0.0, 1.0);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case SWISH -> x / (1 + Math.exp(-a * x));
      case TANH -> Math.tanh(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case ERF -> Erf.erf(x);
      case GELU -> x * 0.5 * (1 + Erf.erf(x / Math.sqrt(2)));
      case GELU_TANH ->
          x * 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case ELU -> x < 0 ? a * Math.expm1(x) : x;
      case SOFTPLUS -> Math.log1p(Math.exp(x));
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case ABS -> Math.abs(x);
      case NEG -> -x;
      case FLOOR -> Math.floor(x);
      case CEIL -> Math.ceil(x);
      case ROUND -> Math.rint(x);
    };
  }
}
