package dev.lathe.report.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.measure.Latency;
import dev.lathe.measure.WarmUp;
import dev.lathe.report.Environment;
import dev.lathe.report.Profile;
import dev.lathe.runtime.RunOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RooflineTest {

  private static final Bandwidth BANDWIDTH =
      new Bandwidth(
          "s32_readprobe__vector256",
          List.of(
              new Bandwidth.Point(16_384, 200),
              new Bandwidth.Point(65_536, 100),
              new Bandwidth.Point(1_048_576, 10)));

  private static final Roofline ROOFLINE = new Roofline(PeaksTest.PEAKS, BANDWIDTH);

  private static Profile.Step step(
      String node, String kernel, double micros, long macs, long bytes) {
    return new Profile.Step(
        node, "Conv", kernel, "1x8", "1x8", micros, 0.25, macs, bytes, Profile.Zeros.NONE);
  }

  private static final Profile PROFILE =
      new Profile(
          List.of(
              step("a", "im2col", 1, 0, 0),
              step("a", "u8s8_brgemm_4x16c4__avx2", 2, 80_000, 20_000),
              step("b", "f32_brgemm_12x32__vector512", 5, 50_000, 100_000),
              step("<c>", "f32_add__vector512", 4, 0, 40_000)),
          1);

  @Test
  void allStepsOfANodeHaveThePeakOfItsProducts() {
    List<Roofline.Layer> layers = ROOFLINE.layers(PROFILE);

    assertThat(layers)
        .extracting(layer -> layer.peak().gmacs())
        .containsExactly(80.0, 80.0, 100.0, 100.0);
    assertThat(layers).extracting(Roofline.Layer::share).containsExactly(0.0, 0.5, 0.1, 0.0);
    assertThat(ROOFLINE.json(PROFILE).get(0)).doesNotContainKeys("peak", "roofline_us");
    assertThat(ROOFLINE.json(PROFILE).get(1))
        .containsEntry("peak", "u8s8_dotprobe_5x8c32__avx2")
        .containsEntry("peak_gmacs", 80.0)
        .containsEntry("peak_share", 0.5)
        .containsEntry("roofline_us", 1.0)
        .containsEntry("roofline_share", 0.5)
        .containsEntry("bound", "compute");
  }

  @Test
  void theLongerOfArithmeticAndMemoryBounds() {
    List<Roofline.Layer> layers = ROOFLINE.layers(PROFILE);

    assertThat(layers)
        .extracting(Roofline.Layer::bound)
        .containsExactly("", "compute", "memory", "memory");
    // 100,000 bytes fit the set of 65,536 and not the next: 100 GB/s
    assertThat(layers.get(2).memoryMicros()).isCloseTo(1.0, within(1e-9));
    assertThat(layers.get(2).peakMicros()).isCloseTo(0.5, within(1e-9));
    assertThat(layers.get(2).roofShare()).isCloseTo(0.2, within(1e-9));
    assertThat(layers.get(3).roofMicros()).isCloseTo(0.2, within(1e-9));
  }

  @Test
  void zerosThatAreSkippedAreNoWorkDone() {
    Profile.Zeros zeros = new Profile.Zeros(0.9, 0.9, "sparse: 90 % zeros");
    Profile.Step step =
        new Profile.Step("a", "Conv", "f32_spmm_96x1__vector256", "", "", 1, 1, 500_000, 0, zeros);

    Roofline.Layer layer = ROOFLINE.layers(new Profile(List.of(step), 1)).getFirst();

    assertThat(step.gmacs()).isEqualTo(500);
    assertThat(layer.share()).isCloseTo(0.5, within(1e-9));
    assertThat(layer.json())
        .containsEntry("why", "sparse: 90 % zeros")
        .containsEntry("skipped", 0.9);
  }

  @Test
  void aSetIsHeldAgainstTheLargestMeasuredOneThatIsNotLarger() {
    assertThat(BANDWIDTH.of(1)).isEqualTo(200);
    assertThat(BANDWIDTH.of(65_535)).isEqualTo(200);
    assertThat(BANDWIDTH.of(65_536)).isEqualTo(100);
    assertThat(BANDWIDTH.of(1L << 40)).isEqualTo(10);
  }

  @Test
  void bandwidthIsMeasuredAndNeverRises() {
    Bandwidth measured = Bandwidth.measure(1);

    assertThat(measured.points()).hasSizeGreaterThan(5);
    for (int i = 1; i < measured.points().size(); i++) {
      assertThat(measured.points().get(i).bytes())
          .isGreaterThan(measured.points().get(i - 1).bytes());
      assertThat(measured.points().get(i).gbs())
          .isPositive()
          .isLessThanOrEqualTo(measured.points().get(i - 1).gbs());
    }
  }

  @Test
  void thePageShowsEveryLayerOnceAndEscapesNames() {
    List<Roofline.Layer> layers = ROOFLINE.layers(PROFILE);
    BenchReport report =
        new BenchReport(
            Environment.of(RunOptions.standard()),
            PeaksTest.PEAKS,
            BANDWIDTH,
            "",
            List.of(
                new BenchReport.Run(
                    "m",
                    "m.onnx",
                    "lathe",
                    1,
                    "avx2",
                    new Latency(1, 1, 1, 1, 1, 10, 0),
                    130_000,
                    1,
                    1,
                    new WarmUp(1, 10, true, 1e6),
                    90)),
            List.of(),
            List.of(),
            Map.of("m", PROFILE),
            new Trace());

    String page = BenchPage.render(report);

    assertThat(page).contains("&lt;c&gt;").doesNotContain("<c>");
    assertThat(page.split("<rect class=\"taken\"", -1)).hasSize(1 + layers.size());
    assertThat(page.split("<circle class=\"layer", -1)).hasSize(1 + 2);
    assertThat(page).doesNotContain("<script").doesNotContain("http");
  }

  @Test
  void theShortestStepsOfALongNetworkAreLeftOutOfTheBarsAlone() {
    List<Profile.Step> steps = new ArrayList<>();
    for (int i = 0; i < 130; i++) {
      steps.add(step("n" + i, "f32_brgemm_12x32__vector512", 1 + i, 100, 100));
    }

    LayerBars bars = LayerBars.of(ROOFLINE.layers(new Profile(steps, 1)));

    assertThat(bars.bars()).hasSize(100).extracting(LayerBars.Bar::name).startsWith("n30", "n31");
    assertThat(bars.omitted()).contains("30");
  }
}
