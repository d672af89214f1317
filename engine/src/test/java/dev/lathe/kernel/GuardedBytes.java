package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.I8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Native bytes for a kernel under test, at an odd address, between two guard zones. The segment the
 * kernel gets includes the zones: writing to one is the kernel's fault, not an exception.
 */
final class GuardedBytes {

  private static final int ZONE = 131;
  private static final byte MARK = (byte) 0xA5;

  private final MemorySegment memory;
  private final int count;

  /** Every element starts as the mark, too. */
  GuardedBytes(Arena arena, int count) {
    this.memory = arena.allocate(count + 2L * ZONE, 64);
    this.count = count;
    memory.fill(MARK);
  }

  GuardedBytes(Arena arena, byte[] content) {
    this(arena, content.length);
    MemorySegment.copy(content, 0, memory, I8, ZONE, count);
  }

  MemorySegment memory() {
    return memory;
  }

  /** Offset of element 0 in {@link #memory}. */
  long at() {
    return ZONE;
  }

  byte[] content() {
    return memory.asSlice(ZONE, count).toArray(I8);
  }

  /** Asserts the content and that nothing was written outside. */
  void assertContent(byte[] expected, String what) {
    byte[] actual = content();
    int at = Arrays.mismatch(expected, actual);
    if (at >= 0) {
      assertThat(Byte.toUnsignedInt(actual[at]))
          .as("%s: element %d", what, at)
          .isEqualTo(Byte.toUnsignedInt(expected[at]));
    }
    for (long i = 0; i < ZONE; i++) {
      assertThat(memory.get(I8, i)).as("%s: %d before", what, ZONE - i).isEqualTo(MARK);
      assertThat(memory.get(I8, ZONE + count + i)).as("%s: %d after", what, i).isEqualTo(MARK);
    }
  }
}
