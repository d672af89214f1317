package dev.lathe.report.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.UsageException;
import dev.lathe.report.html.Axis;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LadderPartsTest {

  @Test
  void accuracyIsPairedWithTheBaseline() {
    Answers baseline = new Answers(new int[] {0, 1, 2, 0}, new int[] {0, 1, 2, 1});
    Answers answers = new Answers(new int[] {0, 2, 2, 1}, new int[] {0, 1, 2, 1});

    Accuracy accuracy = Accuracy.of(Accuracy.TOP_1, answers, baseline);

    assertThat(accuracy.value()).isCloseTo(75, within(1e-9));
    assertThat(accuracy.drop().value()).isCloseTo(0, within(1e-9));
    assertThat(accuracy.drop().low()).isNegative();
    assertThat(accuracy.agreement()).isCloseTo(50, within(1e-9));
    assertThat(accuracy.distinguishable()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "plain/file-1.onnx|plain/file-1.onnx",
        "two words|'two words'",
        "it's|'it'\\''s'",
        "$(rm -rf .)|'$(rm -rf .)'"
      })
  void wordsAreQuotedForAShell(String word, String quoted) {
    assertThat(Commands.quoted(word)).isEqualTo(quoted);
  }

  @Test
  void selectionKeepsTheOriginalAndRefusesUnknownRows() {
    assertThat(Ladder.select(List.of("int4"), List.of()).stream().map(Rung::name))
        .containsExactly("fp32", "int4");
    assertThatThrownBy(() -> Ladder.select(List.of("int9", "int4", "foo"), List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("int9")
        .hasMessageContaining("foo");
  }

  @Test
  void onlyWidthsBelowEightBitsAreSimulated() {
    assertThat(Ladder.RUNGS.stream().filter(Rung::simulated).map(Rung::weights))
        .containsExactly("int6", "int5", "int4", "int3", "int2");
  }

  @Test
  void labelsOfCrowdedPointsDoNotOverlap() {
    List<Scatter.Value> values = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      values.add(new Scatter.Value("variant-" + i, "", false, 1_000 + 10 * i, 90 + 0.01 * i));
    }
    List<Scatter.Point> points = Scatter.of("t", "x", values, true, Double::toString).points();

    for (Scatter.Point a : points) {
      for (Scatter.Point b : points) {
        boolean apart =
            a.equals(b)
                || Math.abs(a.labelY() - b.labelY()) >= 13
                || left(a) + 66 <= left(b)
                || left(b) + 66 <= left(a);
        assertThat(apart).as(a + " and " + b).isTrue();
      }
    }
  }

  private static double left(Scatter.Point point) {
    return switch (point.anchor()) {
      case "start" -> point.labelX();
      case "end" -> point.labelX() - 66;
      default -> point.labelX() - 33;
    };
  }

  @Test
  void axesHaveRoundTicksInside() {
    Axis axis = Axis.linear(91.3, 94.2, 0, 100);

    assertThat(axis.ticks()).hasSizeBetween(3, 8).isSorted();
    assertThat(axis.ticks()).allSatisfy(tick -> assertThat(axis.at(tick)).isBetween(0.0, 100.0));
    assertThat(Axis.logarithmic(50_000, 600_000, 0, 100).ticks())
        .contains(100_000.0, 200_000.0, 500_000.0);
    assertThat(Axis.text(-1e-17)).isEqualTo("0");
  }
}
