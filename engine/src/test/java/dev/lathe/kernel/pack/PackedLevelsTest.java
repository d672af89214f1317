package dev.lathe.kernel.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedLevelsTest {

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void everyLevelIsFoundAgainAndThePaddingIsZero(int bits) {
    PackedLevels layout = new PackedLevels(bits);
    int k = 37;
    int n = 19;
    byte[] levels = new byte[k * n];
    Random random = new Random(bits);
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (random.nextInt(1 << bits) - (1 << (bits - 1)));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment packed = arena.allocate(layout.bytes(1, k, n), 64).fill((byte) -1);
      layout.pack(RhsView.rowMajor(MemorySegment.ofArray(levels), k, n), packed);
      int depth = Math.ceilDiv(k, layout.perLane()) * layout.perLane();
      for (int column = 0; column < 32; column++) {
        for (int row = 0; row < depth; row++) {
          int lane = packed.get(Tensor.I32, layout.index(k, row, column));
          int level = (lane << (row % layout.perLane() * bits)) >> (32 - bits);
          int expected = row < k && column < n ? levels[row * n + column] : 0;
          assertThat(level).as("(%d, %d)", row, column).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void eightLevelsOfFourBitsShareALane() {
    byte[] levels = {-8, -1, 0, 1, 2, 3, 4, 7};
    try (Arena arena = Arena.ofConfined()) {
      PackedLevels layout = new PackedLevels(4);
      MemorySegment packed = arena.allocate(layout.bytes(1, 8, 1), 64);
      layout.pack(RhsView.rowMajor(MemorySegment.ofArray(levels), 8, 1), packed);
      assertThat(packed.byteSize()).isEqualTo(64);
      assertThat(packed.get(Tensor.I32, 0)).isEqualTo(0x8f012347);
    }
  }

  @Test
  void otherWidthsAndTapsAreRefused() {
    assertThatThrownBy(() -> new PackedLevels(3)).hasMessageContaining("3 bits");
    assertThatThrownBy(() -> new PackedLevels(4).bytes(9, 8, 8)).hasMessageContaining("9 taps");
  }
}
