package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.compress.prune.PruneSchedule.Curve;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.UsageException;
import dev.lathe.tensor.Shape;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PruneScheduleTest {

  @Test
  void theExamplesInTheDocs() {
    assertSparsities(new PruneSchedule(0, 1000, 250, 0, 0.8, Curve.CUBIC), 0, 0.4625, 0.7, 0.7875);
    assertSparsities(new PruneSchedule(0, 1000, 250, 0, 0.8, Curve.LINEAR), 0, 0.2, 0.4, 0.6);
  }

  private static void assertSparsities(PruneSchedule schedule, double... sparsities) {
    List<PruneSchedule.Pruning> prunings = schedule.prunings();
    assertThat(prunings).hasSize(5);
    for (int i = 0; i < 4; i++) {
      assertThat(prunings.get(i).step()).isEqualTo(250L * i);
      assertThat(prunings.get(i).sparsity()).isCloseTo(sparsities[i], within(1e-12));
    }
    assertThat(prunings.getLast()).isEqualTo(new PruneSchedule.Pruning(1000, 0.8));
  }

  /** 0, then exactly from, never less than before, the same between prunings, exactly to. */
  @Test
  void sparsityGrowsFromTheFirstPruningToTheLast() {
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      long start = random.nextInt(50);
      long frequency = 1L + random.nextInt(20);
      long end = start + frequency * (1L + random.nextInt(30));
      double to = random.nextDouble();
      double from = random.nextInt(4) == 0 ? to : to * random.nextDouble();
      Curve curve = i % 2 == 0 ? Curve.CUBIC : Curve.LINEAR;
      PruneSchedule schedule = new PruneSchedule(start, end, frequency, from, to, curve);
      assertThat(schedule.at(start - 1)).isZero();
      assertThat(schedule.at(start)).isEqualTo(from);
      assertThat(schedule.at(end - 1)).isEqualTo(schedule.at(end - frequency));
      assertThat(schedule.at(end)).isEqualTo(to);
      assertThat(schedule.at(Long.MAX_VALUE)).isEqualTo(to);
      for (long step = start; step <= end; step++) {
        assertThat(schedule.at(step)).isBetween(schedule.at(step - 1), to);
        double exact =
            to
                + (from - to)
                    * Math.pow(1 - (double) (step - start) / (end - start), 3 - 2 * (i % 2));
        if ((step - start) % frequency == 0) {
          assertThat(schedule.at(step)).isCloseTo(exact, within(1e-12));
        }
      }
      assertThat(schedule.prunings()).hasSize((int) ((end - start) / frequency) + 1);
    }
  }

  @Test
  void masksOfLaterPruningsContainThoseOfEarlierOnes() {
    Random random = new Random(5);
    ScoredWeight scored =
        new ScoredWeight(WeightView.rows(Shape.of(1, 257)), random.doubles(257).toArray());
    ScheduledShare budget =
        new ScheduledShare(new PruneSchedule(10, 90, 10, 0.1, 0.9, Curve.CUBIC), true);
    BitSet before = new BitSet();
    for (long step = 0; step <= 100; step++) {
      BitSet mask = budget.at(step).choose(List.of(scored)).getFirst();
      BitSet lost = (BitSet) before.clone();
      lost.andNot(mask);
      assertThat(lost.isEmpty()).isTrue();
      before = mask;
    }
    assertThat(before.cardinality()).isEqualTo(231);
    assertThat(budget.choose(List.of(scored))).containsExactly(before);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 10, 1, 0, 1",
    "10, 10, 1, 0, 1",
    "10, 5, 1, 0, 1",
    "0, 10, 0, 0, 1",
    "0, 10, 3, 0, 1",
    "0, 10, 20, 0, 1",
    "0, 10000, 1, 0, 1",
    "0, 10, 1, -0.1, 1",
    "0, 10, 1, 0, 1.1",
    "0, 10, 1, 0.6, 0.5",
    "0, 10, 1, NaN, 1",
    "0, 10, 1, 0, NaN",
    "0, 9223372036854775807, 1, 0, 1"
  })
  void nonsenseIsRefused(long start, long end, long frequency, double from, double to) {
    assertThatThrownBy(() -> new PruneSchedule(start, end, frequency, from, to, Curve.CUBIC))
        .isInstanceOf(UsageException.class);
  }
}
