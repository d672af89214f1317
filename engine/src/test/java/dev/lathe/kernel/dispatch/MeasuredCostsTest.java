package dev.lathe.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.dispatch.SparseCosts.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeasuredCostsTest {

  private static final SparseCosts ASSUMED = SparseCosts.assumed(Kind.F32, Isa.VECTOR256);

  @TempDir Path folder;

  @Test
  void whatIsKeptIsReadAgain() throws IOException {
    SparseCosts costs =
        new SparseCosts(
            Kind.F32,
            Isa.VECTOR256,
            true,
            ASSUMED.tilePositions(),
            0.02,
            0,
            new SparseCosts.Lists(1, 4.5, 20),
            new SparseCosts.Lists(4, 12.25, 57),
            0.3);
    Path file = folder.resolve("a/b/costs.properties");
    MeasuredCosts.write(file, costs);
    assertThat(MeasuredCosts.read(file, Kind.F32, Isa.VECTOR256)).isEqualTo(costs);
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void integersHaveAFileOfTheirOwn() throws IOException {
    SparseCosts assumed = SparseCosts.assumed(Kind.U8S8, Isa.AVX2);
    SparseCosts costs =
        new SparseCosts(
            Kind.U8S8,
            Isa.AVX2,
            true,
            assumed.tilePositions(),
            0.015,
            0.3,
            new SparseCosts.Lists(1, 7, 14),
            new SparseCosts.Lists(4, 20, 44),
            0.2);
    Path file = folder.resolve("costs.properties");
    MeasuredCosts.write(file, costs);
    assertThat(MeasuredCosts.read(file, Kind.U8S8, Isa.AVX2)).isEqualTo(costs);
    assertThat(MeasuredCosts.file(Kind.U8S8, Isa.AVX2).toString())
        .endsWith("-avx2-u8s8.properties")
        .isNotEqualTo(MeasuredCosts.file(Kind.F32, Isa.AVX2).toString());
  }

  @Test
  void withoutAFileCostsAreAssumed() {
    assertThat(MeasuredCosts.read(folder.resolve("none"), Kind.F32, Isa.VECTOR256))
        .isEqualTo(ASSUMED);
    assertThat(ASSUMED.measured()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "mac=0.02", "mac=-1", "mac=NaN", "mac=x", "mac=\\u12"})
  void damagedFilesMeanAssumedCosts(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("costs"), text);
    assertThat(MeasuredCosts.read(file, Kind.F32, Isa.VECTOR256)).isEqualTo(ASSUMED);
  }
}
