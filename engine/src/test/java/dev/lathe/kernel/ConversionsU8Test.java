package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link QuantizeU8} and {@link AddU8}. */
@Tag("isa")
class ConversionsU8Test {

  private static final QuantizeU8 QUANTIZE = Kernels.reference(QuantizeU8.class);
  private static final AddU8 ADD = Kernels.reference(AddU8.class);
  private static final int[] COUNTS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100};

  private static final float[] SPECIALS = {
    0f,
    -0f,
    0.5f,
    -0.5f,
    1.5f,
    2.5f,
    -2.5f,
    Float.MIN_VALUE,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    // NaN with a payload, whose low byte must not leak into the result
    Float.intBitsToFloat(0x7fc00055),
    Float.intBitsToFloat(0xffffffff),
    8388607.5f,
    -8388608f,
    1e10f
  };

  static Stream<Named<QuantizeU8>> quantizers() {
    return Kernels.of(QuantizeU8.class);
  }

  static Stream<Named<AddU8>> adders() {
    return Kernels.of(AddU8.class);
  }

  private static MemorySegment values(Arena arena, int count, long seed) {
    Random random = new Random(seed);
    MemorySegment values = arena.allocate(Math.max(4, 4L * count), 4);
    for (int i = 0; i < count; i++) {
      int kind = random.nextInt(3);
      values.setAtIndex(
          F32,
          i,
          kind == 0
              ? SPECIALS[random.nextInt(SPECIALS.length)]
              : kind == 1
                  ? random.nextInt(-600, 600) * 0.5f
                  : (float) (random.nextGaussian() * 40));
    }
    return values;
  }

  @Test
  void referenceQuantizesEverySpecialValueAsDocumented() {
    try (Arena arena = Arena.ofConfined()) {
      for (int zeroPoint : new int[] {0, 128, 255}) {
        for (float scale : new float[] {1, 0.5f, 0.3f, 1e-38f, 1e38f}) {
          MemorySegment src = MemorySegment.ofArray(SPECIALS);
          GuardedBytes dst = new GuardedBytes(arena, SPECIALS.length);
          QUANTIZE.quantize(scale, zeroPoint, src, 0, dst.memory(), dst.at(), SPECIALS.length);
          byte[] expected = new byte[SPECIALS.length];
          for (int i = 0; i < expected.length; i++) {
            float quotient = (float) ((double) SPECIALS[i] / scale);
            expected[i] = Requantizer.level(quotient, zeroPoint, 0, 255);
          }
          dst.assertContent(expected, "scale " + scale);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("quantizers")
  void quantizeEqualsReference(QuantizeU8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      for (int count : COUNTS) {
        for (int seed = 0; seed < 20; seed++) {
          MemorySegment src = values(arena, count, seed);
          float scale = new float[] {1, 0.5f, 0.037f, 1e-38f, 3e38f}[seed % 5];
          int zeroPoint = new int[] {0, 128, 255, 77}[seed % 4];
          GuardedBytes expected = new GuardedBytes(arena, count);
          GuardedBytes actual = new GuardedBytes(arena, count);
          QUANTIZE.quantize(scale, zeroPoint, src, 0, expected.memory(), expected.at(), count);
          kernel.quantize(scale, zeroPoint, src, 0, actual.memory(), actual.at(), count);
          actual.assertContent(expected.content(), count + " values, seed " + seed);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("quantizers")
  void dequantizeIsExactForEveryLevel(QuantizeU8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] levels = new byte[259];
      for (int i = 0; i < levels.length; i++) {
        levels[i] = (byte) i;
      }
      GuardedBytes src = new GuardedBytes(arena, levels);
      for (int zeroPoint : new int[] {0, 128, 255}) {
        for (int count : new int[] {1, 3, 15, 16, 259}) {
          MemorySegment dst = arena.allocate(4L * count + 4, 64);
          dst.setAtIndex(F32, count, 42);
          kernel.dequantize(0.037f, zeroPoint, src.memory(), src.at(), dst, 0, count);
          for (int i = 0; i < count; i++) {
            float expected = (float) ((double) ((i & 255) - zeroPoint) * 0.037f);
            assertThat(dst.getAtIndex(F32, i)).as("level %d", i).isEqualTo(expected);
          }
          assertThat(dst.getAtIndex(F32, count)).as("after the last").isEqualTo(42);
        }
      }
    }
  }

  private static AddU8.Params params(long seed) {
    Random random = new Random(seed);
    boolean clamp = seed % 2 == 1;
    return switch ((int) seed % 4) {
      case 0 ->
          new AddU8.Params(
              QuantizedSum.of(0.5f, 3, 0.25f, 200, 0.5f, 128), clamp ? 10 : 0, clamp ? 99 : 255);
      case 1 -> new AddU8.Params(QuantizedSum.of(1e10f, 0, 1e10f, 255, 1e-20f, 7), 0, 255);
      default ->
          new AddU8.Params(
              QuantizedSum.of(
                  random.nextFloat(),
                  random.nextInt(256),
                  random.nextFloat(),
                  random.nextInt(256),
                  random.nextFloat(),
                  random.nextInt(256)),
              clamp ? 10 : 0,
              clamp ? 99 : 255);
    };
  }

  private static GuardedBytes add(
      Arena arena, AddU8 kernel, AddU8.Params params, GuardedBytes a, GuardedBytes b, int count) {
    GuardedBytes dst = new GuardedBytes(arena, count);
    kernel.run(params, a.memory(), a.at(), b.memory(), b.at(), dst.memory(), dst.at(), count);
    return dst;
  }

  private static GuardedBytes bytes(Arena arena, int count, long seed) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return new GuardedBytes(arena, bytes);
  }

  @Test
  void referenceAddsAsDocumented() {
    try (Arena arena = Arena.ofConfined()) {
      for (int seed = 0; seed < 40; seed++) {
        AddU8.Params p = params(seed);
        GuardedBytes a = bytes(arena, 200, seed);
        GuardedBytes b = bytes(arena, 200, seed + 1000);
        byte[] expected = new byte[200];
        for (int i = 0; i < expected.length; i++) {
          int x = Byte.toUnsignedInt(a.content()[i]);
          int y = Byte.toUnsignedInt(b.content()[i]);
          expected[i] = Requantizer.sum(p.sum(), x, y, p.min(), p.max());
        }
        add(arena, ADD, p, a, b, 200).assertContent(expected, p.toString());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("adders")
  void addEqualsReference(AddU8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      for (int count : COUNTS) {
        for (int seed = 0; seed < 12; seed++) {
          AddU8.Params params = params(seed);
          GuardedBytes a = bytes(arena, count, seed);
          GuardedBytes b = bytes(arena, count, seed + 1000);
          byte[] expected = add(arena, ADD, params, a, b, count).content();
          add(arena, kernel, params, a, b, count).assertContent(expected, params.toString());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("adders")
  void refusesMemoryThatIsTooSmall(AddU8 kernel) {
    try (Arena arena = Arena.ofConfined()) {
      GuardedBytes small = bytes(arena, 1, 0);

      assertThatThrownBy(() -> add(arena, kernel, params(2), small, small, 1000))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
