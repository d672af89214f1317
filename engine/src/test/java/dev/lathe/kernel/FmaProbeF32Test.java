package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FmaProbeF32Test {

  static Stream<Named<FmaProbeF32>> kernels() {
    return Kernels.of(FmaProbeF32.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyChainDoesItsRounds(FmaProbeF32 kernel) {
    FmaProbeF32 plain = Kernels.reference(FmaProbeF32.class);

    assertThat(kernel.run(0)).isEqualTo(66);
    assertThat(kernel.run(1)).isEqualTo(66 + FmaProbeF32.CHAINS / 16f);
    for (int rounds : new int[] {2, 3, 7, 20, 100}) {
      assertThat(kernel.run(rounds)).isEqualTo(plain.run(rounds));
    }
    assertThat(kernel.macsPerRound()).isEqualTo(plain.macsPerRound() * lanes(kernel));
  }

  private static int lanes(FmaProbeF32 kernel) {
    return Math.max(1, kernel.isa().vectorBits() / Float.SIZE);
  }
}
