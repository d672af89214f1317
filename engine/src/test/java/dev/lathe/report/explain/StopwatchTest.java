package dev.lathe.report.explain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.report.Profile;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopwatchTest {

  private static Profile profile(double first, double second) {
    return new Profile(
        List.of(
            new Profile.Step("a", "Conv", "k", "", "", first, 0, 1, 1, Profile.Zeros.NONE),
            new Profile.Step("b", "Conv", "k", "", "", second, 0, 1, 1, Profile.Zeros.NONE)),
        2);
  }

  @Test
  void anInterruptedStepCountsForNothing() {
    Profile typical = Profile.typical(List.of(profile(1, 3), profile(1_000, 3), profile(1.5, 4.5)));

    assertThat(typical.steps()).extracting(Profile.Step::micros).containsExactly(1.5, 3.0);
    assertThat(typical.steps()).extracting(Profile.Step::share).containsExactly(1 / 3.0, 2 / 3.0);
    assertThat(typical.runs()).isEqualTo(6);
  }
}
