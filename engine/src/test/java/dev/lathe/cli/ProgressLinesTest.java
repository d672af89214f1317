package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.Progress;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {

  private final StringWriter err = new StringWriter();
  private final ProgressLines lines =
      new ProgressLines(
          new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false, false));

  @Test
  void aTaskThatBeginsAnewHasItsOwnTime() {
    update("calibrate", 10, 100);
    update("calibrate", 10, 1);
    assertThat(err.toString().lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("calibrate: 10/10").contains("1 min 40 s"),
            line -> assertThat(line).contains("calibrate: 10/10 (").contains(", 1 s)"));
  }

  @Test
  void nothingIsSaidOfTheFirstMoments() {
    update("calibrate", 1, 0);
    assertThat(err.toString()).isEmpty();
  }

  private void update(String task, long done, long seconds) {
    lines.update(new Progress.State(task, done, OptionalLong.of(10), Duration.ofSeconds(seconds)));
  }
}
