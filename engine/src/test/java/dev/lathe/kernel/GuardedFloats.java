package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/**
 * Floats in native memory at a chosen misalignment, between two stretches of a byte pattern that no
 * kernel may change.
 */
record GuardedFloats(MemorySegment segment, long at, int count) {

  /** What random values are mixed with: signed zeros, denormals, the ends of ranges, NaN. */
  private static final float[] SPECIALS = {
    0f,
    -0f,
    1f,
    -1f,
    0.5f,
    -0.5f,
    1.5f,
    -2.5f,
    3f,
    6f,
    -3f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -0x0.fffffep-126f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    0x1p23f,
    -0x1.000002p23f,
    8388607.5f,
    88.72f,
    88.73f,
    -87.4f,
    -103.9f,
    -104.5f,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN
  };

  private static final int GUARD_BYTES = 256;
  private static final byte PATTERN = (byte) 0xA5;

  /** Uninitialised floats {@code misalignment} bytes after a 64-byte boundary. */
  static GuardedFloats allocate(Arena arena, int count, int misalignment) {
    long at = (long) GUARD_BYTES + misalignment;
    MemorySegment segment = arena.allocate(at + 4L * count + GUARD_BYTES, 64);
    segment.fill(PATTERN);
    return new GuardedFloats(segment, at, count);
  }

  /** Seeded values of many magnitudes; every eighth one is special. */
  static GuardedFloats random(Arena arena, int count, int misalignment, long seed) {
    GuardedFloats floats = allocate(arena, count, misalignment);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      floats.set(
          i,
          random.nextInt(8) == 0
              ? SPECIALS[random.nextInt(SPECIALS.length)]
              : (float) (random.nextGaussian() * Math.scalb(1f, random.nextInt(-8, 8))));
    }
    return floats;
  }

  /** Seeded values around zero, all finite. */
  static GuardedFloats finite(Arena arena, int count, int misalignment, long seed) {
    GuardedFloats floats = allocate(arena, count, misalignment);
    Random random = new Random(seed);
    for (int i = 0; i < count; i++) {
      floats.set(i, (float) random.nextGaussian() * 3);
    }
    return floats;
  }

  GuardedFloats copy(Arena arena) {
    MemorySegment copy = arena.allocate(segment.byteSize(), 64);
    return new GuardedFloats(copy.copyFrom(segment), at, count);
  }

  float get(int index) {
    return segment.get(Tensor.F32, at + 4L * index);
  }

  void set(int index, float value) {
    segment.set(Tensor.F32, at + 4L * index, value);
  }

  /** As near as {@code tolerance}, NaN and infinities where they are, nothing written outside. */
  void assertNear(GuardedFloats expected, float tolerance, String what) {
    for (int i = 0; i < count; i++) {
      float actual = get(i);
      float wanted = expected.get(i);
      boolean same = Float.floatToIntBits(actual) == Float.floatToIntBits(wanted);
      if (!same && !(Math.abs(actual - wanted) <= tolerance)) {
        assertThat(actual).as("%s, element %d of %d", what, i, count).isEqualTo(wanted);
      }
    }
    assertGuarded(what);
  }

  /** Bit for bit the same floats, any NaN for a NaN, and nothing written outside. */
  void assertEqualTo(GuardedFloats expected, String what) {
    for (int i = 0; i < count; i++) {
      float actual = get(i);
      if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected.get(i))) {
        assertThat(actual)
            .as("%s, element %d of %d", what, i, count)
            .isEqualTo(Float.valueOf(expected.get(i)));
      }
    }
    assertGuarded(what);
  }

  private void assertGuarded(String what) {
    for (long i = 0; i < segment.byteSize(); i++) {
      if (i == at) {
        i += 4L * count;
      }
      if (segment.get(Tensor.I8, i) != PATTERN) {
        assertThat(i - at).as("%s, byte written outside", what).isNull();
      }
    }
  }
}
