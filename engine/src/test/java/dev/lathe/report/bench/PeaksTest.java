package dev.lathe.report.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.DotProbeU8S8;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Kernel;
import dev.lathe.kernel.dispatch.KernelCatalog;
import dev.lathe.report.Profile;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeaksTest {

  static final Peaks PEAKS =
      new Peaks(
          peak("f32_fmaprobe", Isa.VECTOR512, 100),
          Map.of(
              Isa.AVX2, peak("u8s8_dotprobe_5x8c32", Isa.AVX2, 80),
              Isa.AVX512VNNI, peak("u8s8_dotprobe_16x16c4", Isa.AVX512VNNI, 400)));

  private static Peak peak(String kernel, Isa isa, double gmacs) {
    return new Peak(kernel + "__" + isa.id(), isa, 1, gmacs);
  }

  @ParameterizedTest
  @CsvSource({
    "u8s8_brgemm_12x32c4__avx512vnni, 400",
    "u8s8_dwconv_4x64__avx512vnni, 400",
    "u8s8_brgemm_4x16c4__avx2, 80",
    // multiply in fp32
    "u8s8_brgemm_12x32c4__vector512, 100",
    "u8s8_dwconv__scalar, 100",
    "f32_brgemm_12x32__vector512, 100",
    // no product
    "u8_pool__avx512vnni, 100",
    // not measured
    "u8s8_brgemm_32x32c4__amx, 100",
    "Transpose, 100",
  })
  void integerKernelsOfANativeTierHaveItsPeak(String kernel, double gmacs) {
    assertThat(PEAKS.of(kernel).gmacs()).isEqualTo(gmacs);
  }

  @Test
  void aNetworkTakesTheTimeOfItsPartsAtTheirPeaks() {
    List<Profile.Work> nodes =
        List.of(
            new Profile.Work(
                Set.of("u8_quantize__vector512", "u8s8_brgemm_12x32c4__avx512vnni"), 800, 800),
            new Profile.Work(Set.of("f32_brgemm_12x32__vector512"), 100, 100),
            new Profile.Work(Set.of("f32_softmax__vector512"), 0, 0));

    assertThat(PEAKS.gmacs(nodes)).isCloseTo(900 / (800 / 400.0 + 100 / 100.0), within(1e-9));
    assertThat(PEAKS.gmacs(List.of())).isEqualTo(100);
    assertThat(
            PEAKS.gmacs(List.of(new Profile.Work(Set.of("f32_spmm_96x1__vector512"), 1_000, 100))))
        .as("nine in ten left out")
        .isCloseTo(1_000, within(1e-9));
  }

  @Test
  void theTiersOfTheKernelsAreMeasuredAndNoOthers() {
    Set<String> kernels =
        KernelCatalog.of(GemmU8S8.class).stream()
            .limit(1)
            .map(kernel -> kernel.name().toString())
            .collect(Collectors.toSet());

    Peaks peaks = Peaks.measure(1, kernels);

    assertThat(peaks.dots().keySet())
        .containsExactlyElementsOf(
            KernelCatalog.of(DotProbeU8S8.class).stream().limit(1).map(Kernel::isa).toList());
    assertThat(peaks.all()).allSatisfy(peak -> assertThat(peak.gmacs()).isPositive());
    kernels.forEach(
        kernel -> assertThat(peaks.of(kernel).isa()).isEqualTo(peaks.all().getLast().isa()));
    assertThat(Peaks.measure(1, Set.of("f32_brgemm__vector512")).dots()).isEmpty();
  }

  @Test
  void ofTwoMeasurementsTheBetterCounts() {
    Peaks other =
        new Peaks(
            peak("f32_fmaprobe", Isa.VECTOR512, 90),
            Map.of(Isa.AVX2, peak("u8s8_dotprobe_5x8c32", Isa.AVX2, 85)));

    assertThat(PEAKS.max(other).all()).extracting(Peak::gmacs).containsExactly(100.0, 85.0, 400.0);
  }
}
