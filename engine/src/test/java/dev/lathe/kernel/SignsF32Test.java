package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every packing of signs of the catalogue, against the rule. */
@Tag("isa")
class SignsF32Test {

  private static final List<SignRule> RULES =
      List.of(
          new SignRule(0, -1, 1, 1, 1),
          new SignRule(0, -1, -1, 1, -1),
          new SignRule(0, -1, 0, 1, 0),
          new SignRule(0.5f, 0, 1, 1, 0),
          new SignRule(-1, 1, 0, -1, -1),
          new SignRule(Float.POSITIVE_INFINITY, 1, -1, 0, 1));

  static Stream<Named<SignsF32>> kernels() {
    return Kernels.of(SignsF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void packsBySign(SignsF32 kernel) {
    long seed = 0;
    for (SignRule rule : RULES) {
      for (int k : new int[] {1, 7, 31, 32, 33, 64, 100}) {
        for (int rows : new int[] {0, 1, 3}) {
          check(kernel, rule, rows, k, seed++);
        }
      }
    }
  }

  private static void check(SignsF32 kernel, SignRule rule, int rows, int k, long seed) {
    int words = SignsF32.words(k);
    int guard = 64;
    int plane = 4 * rows * words;
    try (Arena arena = Arena.ofConfined()) {
      GuardedFloats x = GuardedFloats.random(arena, rows * k, 4, seed);
      if (rows > 0) {
        x.set(0, rule.threshold());
      }
      MemorySegment dst = arena.allocate(guard + 2L * plane + guard, 64);
      dst.fill((byte) 0xA5);
      kernel.run(rule, x.segment(), x.at(), k, dst, guard, plane, rows);
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < 32 * words; i++) {
          int sign = i < k ? rule.sign(x.get(row * k + i)) : 0;
          long word = guard + 4L * (row * words + i / 32);
          String what = kernel.name() + ", " + rule + ", row " + row + ", number " + i;
          assertThat(dst.get(Tensor.I32, word) >>> i & 1).as(what).isEqualTo(sign < 0 ? 1 : 0);
          assertThat(dst.get(Tensor.I32, word + plane) >>> i & 1)
              .as(what)
              .isEqualTo(sign != 0 ? 1 : 0);
        }
      }
      for (long i = 0; i < guard; i++) {
        assertThat(dst.get(Tensor.I8, i)).isEqualTo((byte) 0xA5);
        assertThat(dst.get(Tensor.I8, guard + 2L * plane + i)).isEqualTo((byte) 0xA5);
      }
      MemorySegment one = arena.allocate(plane + 4L, 64);
      kernel.run(rule, x.segment(), x.at(), k, one, 0, 0, rows);
      assertThat(one.asSlice(0, plane).mismatch(dst.asSlice(guard, plane))).isEqualTo(-1);
      assertThat(one.get(Tensor.I32, plane)).isZero();
    }
  }
}
