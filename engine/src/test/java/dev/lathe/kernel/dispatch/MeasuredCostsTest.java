package dev.lathe.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasuredCostsTest {

  private static final SparseCosts ASSUMED = SparseCosts.assumed(Isa.VECTOR256);

  @TempDir Path folder;

  @Test
  void whatIsKeptIsReadAgain() throws IOException {
    SparseCosts costs =
        new SparseCosts(
            Isa.VECTOR256,
            true,
            ASSUMED.tilePositions(),
            0.02,
            new SparseCosts.Lists(1, 4.5, 20),
            new SparseCosts.Lists(4, 12.25, 57),
            0.3);
    Path file = folder.resolve("a/b/costs.properties");
    MeasuredCosts.write(file, costs);
    assertThat(MeasuredCosts.read(file, Isa.VECTOR256)).isEqualTo(costs);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void withoutAFileCostsAreAssumed() {
    assertThat(MeasuredCosts.read(folder.resolve("none"), Isa.VECTOR256)).isEqualTo(ASSUMED);
    assertThat(ASSUMED.measured()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "mac=0.02", "mac=-1", "mac=NaN", "mac=x", "mac=\\u12"})
  void damagedFilesMeanAssumedCosts(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("costs"), text);
    assertThat(MeasuredCosts.read(file, Isa.VECTOR256)).isEqualTo(ASSUMED);
  }
}
