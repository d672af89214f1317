package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.kernel.ffm.AmxEmulator;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every chain of a probe does every product of every round. */
class DotProbeU8S8Test {

  @Test
  void everyChainDoesItsRounds() {
    List<DotProbeU8S8> probes = KernelCatalog.of(DotProbeU8S8.class);
    assumeThat(probes).as("native kernels of this machine").isNotEmpty();

    probes.forEach(DotProbeU8S8Test::check);
  }

  @Test
  void everyTierWithNativeProductsHasOne() {
    assertThat(KernelCatalog.of(DotProbeU8S8.class))
        .extracting(Kernel::isa)
        .containsExactlyElementsOf(
            KernelCatalog.of(GemmU8S8.class).stream()
                .map(Kernel::isa)
                .filter(isa -> isa.isNative())
                .toList());
  }

  @Test
  void everyTileDoesItsRoundsAndIsReleased() {
    AmxEmulator emulator = AmxEmulator.install();

    check(emulator.probe());

    assertThat(emulator.hasLiveTiles()).isFalse();
  }

  private static void check(DotProbeU8S8 probe) {
    // <chains>x<lanes>c<products per lane and round>
    int[] tile =
        Arrays.stream(probe.name().tile().split("[xc]", -1)).mapToInt(Integer::parseInt).toArray();
    int chains = tile[0];
    int products = tile[2];
    int starts = chains * (chains - 1) / 2;
    assertThat(probe.macsPerRound()).isEqualTo((long) chains * tile[1] * products);
    for (int rounds : new int[] {0, 1, 2, 3, 7, 100}) {
      assertThat(probe.run(rounds))
          .as("%s, %d rounds", probe.name(), rounds)
          .isEqualTo(starts + rounds * chains * products * (3 * -2));
    }
  }
}
