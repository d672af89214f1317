package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReadProbeTest {

  static Stream<Named<ReadProbe>> kernels() {
    return Kernels.of(ReadProbe.class);
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void everyWordIsReadInEveryRound(ReadProbe kernel) {
    SplittableRandom random = new SplittableRandom(5);
    try (Arena arena = Arena.ofConfined()) {
      for (int blocks : new int[] {0, 1, 2, 7}) {
        int bytes = blocks * ReadProbe.BLOCK_BYTES;
        MemorySegment memory = arena.allocate(Math.max(1, bytes), 64);
        int expected = 0;
        for (long at = 0; at < bytes; at += 4) {
          int word = random.nextInt();
          memory.set(Tensor.I32, at, word);
          expected ^= word;
        }
        assertThat(kernel.run(memory, bytes, 0)).isZero();
        assertThat(kernel.run(memory, bytes, 1)).isEqualTo(expected);
        assertThat(kernel.run(memory, bytes, 2)).isZero();
        assertThat(kernel.run(memory, bytes, 3)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void nothingBeyondTheSegmentIsRead(ReadProbe kernel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(ReadProbe.BLOCK_BYTES, 64);
      assertThatThrownBy(() -> kernel.run(memory, 2 * ReadProbe.BLOCK_BYTES, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
