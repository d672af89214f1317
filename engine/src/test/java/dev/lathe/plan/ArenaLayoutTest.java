package dev.lathe.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ArenaLayoutTest {

  @Test
  void buffersThatNeverMeetShareMemory() {
    ArenaLayout layout =
        new ArenaLayout(
            List.of(
                new ArenaLayout.Buffer(0, 1000, 0, 1),
                new ArenaLayout.Buffer(1, 900, 2, 3),
                new ArenaLayout.Buffer(2, 100, 1, 2)));

    assertThat(layout.offsets(3)).containsExactly(0, 0, 1024);
    assertThat(layout.bytes()).isEqualTo(1024 + 128);
  }

  @Test
  void aGapBetweenContemporariesIsUsed() {
    ArenaLayout layout =
        new ArenaLayout(
            List.of(
                new ArenaLayout.Buffer(0, 640, 0, 0),
                new ArenaLayout.Buffer(1, 320, 0, 2),
                new ArenaLayout.Buffer(2, 300, 1, 2),
                new ArenaLayout.Buffer(3, 256, 2, 2)));

    assertThat(layout.bytes()).isEqualTo(960);
  }

  @RepeatedTest(50)
  void contemporariesNeverOverlap(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<ArenaLayout.Buffer> buffers = new ArrayList<>();
    long sum = 0;
    for (int id = 0; id < 60; id++) {
      int first = random.nextInt(30);
      long bytes = random.nextLong(1, 5001);
      buffers.add(new ArenaLayout.Buffer(id, bytes, first, first + random.nextInt(10)));
      sum += ArenaLayout.align(bytes);
    }

    ArenaLayout layout = new ArenaLayout(buffers);

    long[] offsets = layout.offsets(buffers.size());
    assertThat(layout.bytes()).isLessThanOrEqualTo(sum);
    for (ArenaLayout.Buffer a : buffers) {
      assertThat(offsets[a.id()] % ArenaLayout.ALIGNMENT).isZero();
      assertThat(offsets[a.id()] + a.bytes()).isLessThanOrEqualTo(layout.bytes());
      for (ArenaLayout.Buffer b : buffers) {
        boolean apart =
            offsets[a.id()] + a.bytes() <= offsets[b.id()]
                || offsets[b.id()] + b.bytes() <= offsets[a.id()];
        assertThat(a.id() == b.id() || !a.livesWith(b) || apart).as("%s and %s", a, b).isTrue();
      }
    }
  }
}
