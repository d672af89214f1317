package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BFLOAT16;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT4E2M1;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.FLOAT8E4M3FN;
import static dev.lathe.tensor.DType.FLOAT8E4M3FNUZ;
import static dev.lathe.tensor.DType.FLOAT8E5M2;
import static dev.lathe.tensor.DType.FLOAT8E5M2FNUZ;
import static dev.lathe.tensor.DType.INT4;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.UINT4;
import static dev.lathe.tensor.DType.UINT64;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Cast against definitions of the formats written here, over every pattern where that is finite.
 */
class CastTest {

  private static Tensor cast(Tensor x, DType to, long saturate) {
    return op("Cast", 23).with("to", to.code()).with("saturate", saturate).fed(x).run().getFirst();
  }

  /** The number a small float's pattern stands for, from the definition of its format. */
  private static double value(DType type, int bits) {
    return switch (type) {
      case FLOAT8E4M3FN -> (bits & 0x7F) == 0x7F ? Double.NaN : number(bits, 4, 3, 7);
      case FLOAT8E4M3FNUZ -> bits == 0x80 ? Double.NaN : number(bits, 4, 3, 8);
      case FLOAT8E5M2 ->
          (bits & 0x7F) > 0x7C
              ? Double.NaN
              : (bits & 0x7F) == 0x7C
                  ? (bits > 0x7F ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY)
                  : number(bits, 5, 2, 15);
      case FLOAT8E5M2FNUZ -> bits == 0x80 ? Double.NaN : number(bits, 5, 2, 16);
      case FLOAT4E2M1 -> number(bits, 2, 1, 1);
      case FLOAT16 -> Float.float16ToFloat((short) bits);
      default -> Float.intBitsToFloat(bits << 16);
    };
  }

  private static double number(int bits, int exponentBits, int mantissaBits, int bias) {
    int fraction = bits % (1 << mantissaBits);
    int exponent = bits / (1 << mantissaBits) % (1 << exponentBits);
    double scale = Math.pow(2, mantissaBits);
    double value =
        exponent == 0
            ? fraction / scale * Math.pow(2, 1 - bias)
            : (1 + fraction / scale) * Math.pow(2, exponent - bias);
    return bits / (1 << mantissaBits) / (1 << exponentBits) == 1 ? -value : value;
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {
        "FLOAT8E4M3FN",
        "FLOAT8E4M3FNUZ",
        "FLOAT8E5M2",
        "FLOAT8E5M2FNUZ",
        "FLOAT4E2M1",
        "FLOAT16",
        "BFLOAT16"
      })
  void everyPatternHasItsValue(DType from) {
    int count = 1 << from.bits();
    for (DType to : new DType[] {FLOAT32, FLOAT64}) {
      Tensor y = cast(patterns(from), to, 1);
      for (int bits = 0; bits < count; bits++) {
        double actual = Elements.getDouble(to, y.data(), 0, bits);
        assertThat(Double.valueOf(actual))
            .as("%s 0x%x", from, bits)
            .isEqualTo(Double.valueOf(value(from, bits)));
      }
    }
  }

  /** Every pattern of a type, in order. */
  private static Tensor patterns(DType type) {
    Tensor x = Tensor.zeros(type, Shape.of(1L << type.bits()));
    for (int bits = 0; bits < 1 << type.bits(); bits++) {
      switch (type.bits()) {
        case 4 -> {
          byte pair = x.data().get(Tensor.I8, bits / 2);
          x.data().set(Tensor.I8, bits / 2, (byte) (pair | (bits << (bits % 2 * 4))));
        }
        case 8 -> x.data().set(Tensor.I8, bits, (byte) bits);
        default -> x.data().set(Tensor.I16, 2L * bits, (short) bits);
      }
    }
    return x;
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "FLOAT4E2M1"})
  void everySixteenBitFloatRoundsToTheNearestPattern(DType to) {
    for (DType from : new DType[] {FLOAT16, BFLOAT16}) {
      for (int saturate = 0; saturate <= 1; saturate++) {
        Tensor y = cast(patterns(from), to, saturate);
        for (int bits = 0; bits < 1 << 16; bits++) {
          double x = value(from, bits);
          int actual = pattern(y, bits);
          int expected = nearest(to, x, saturate == 1);
          boolean same =
              actual == expected
                  || (Double.isNaN(value(to, actual)) && Double.isNaN(value(to, expected)));
          assertThat(same)
              .as("%s 0x%x = %s gives 0x%x, expected 0x%x", from, bits, x, actual, expected)
              .isTrue();
        }
      }
    }
  }

  private static int pattern(Tensor y, int index) {
    return y.dtype().bits() == 4
        ? (y.data().get(Tensor.I8, index / 2) >> (index % 2 * 4)) & 15
        : y.data().get(Tensor.I8, index) & 0xFF;
  }

  /** By search among all finite values; ties go to the even pattern. */
  private static int nearest(DType to, double x, boolean saturate) {
    int signBit = 1 << (to.bits() - 1);
    int nan = to == FLOAT8E4M3FN || to == FLOAT8E5M2 ? 0x7F : signBit;
    if (Double.isNaN(x)) {
      return to == FLOAT4E2M1 ? 7 : nan;
    }
    int best = 0;
    int largest = 0;
    for (int bits = 0; bits < signBit; bits++) {
      double value = value(to, bits);
      if (!Double.isFinite(value)) {
        continue;
      }
      double distance = Math.abs(Math.abs(x) - value);
      double least = Math.abs(Math.abs(x) - value(to, best));
      if (distance < least || (distance == least && bits % 2 == 0)) {
        best = bits;
      }
      largest = bits;
    }
    boolean hasOneZero = to == FLOAT8E4M3FNUZ || to == FLOAT8E5M2FNUZ;
    boolean negative = Double.doubleToRawLongBits(x) < 0;
    int sign = negative && (best != 0 || !hasOneZero) ? signBit : 0;
    double spacing = value(to, largest) - value(to, largest - 1);
    double over = (Math.abs(x) - value(to, largest)) / spacing;
    // On the tie the largest value wins when its pattern is even.
    if (over > 0.5 || (over == 0.5 && largest % 2 == 1)) {
      boolean keeps = saturate || to == FLOAT4E2M1;
      return keeps ? sign | largest : to == FLOAT8E5M2 ? sign | 0x7C : nan;
    }
    return sign | best;
  }

  @Test
  void doublesRoundOnce() {
    Random random = new Random(7);
    Tensor x = Tensor.zeros(FLOAT64, Shape.of(20000));
    for (int i = 0; i < x.elements(); i++) {
      // Around a midpoint of two neighbours, to the double next to it.
      int half = random.nextInt(0x7BFF);
      double middle = (value(FLOAT16, half) + value(FLOAT16, half + 1)) / 2;
      double nudged =
          i % 3 == 0 ? middle : i % 3 == 1 ? Math.nextUp(middle) : Math.nextDown(middle);
      x.data().set(Tensor.F64, 8L * i, random.nextBoolean() ? nudged : -nudged);
    }
    check(x, FLOAT16, i -> x.data().get(Tensor.F64, 8L * i));
    check(x, BFLOAT16, i -> x.data().get(Tensor.F64, 8L * i));
  }

  private static void check(Tensor x, DType to, IntToDoubleFunction value) {
    Tensor y = cast(x, to, 1);
    for (int i = 0; i < x.elements(); i++) {
      assertNearest(new BigDecimal(value.applyAsDouble(i)), y.data().get(Tensor.I16, 2L * i), to);
    }
  }

  private static void assertNearest(BigDecimal exact, int bits, DType to) {
    int positive = bits & 0x7FFF;
    BigDecimal magnitude = exact.abs();
    BigDecimal distance = distance(magnitude, positive, to);
    for (int other = Math.max(0, positive - 1); other <= positive + 1; other += 2) {
      int order = distance.compareTo(distance(magnitude, other, to));
      assertThat(order < 0 || (order == 0 && bits % 2 == 0) || other == positive)
          .as("%s to 0x%x of %s", exact, bits, to)
          .isTrue();
    }
    assertThat(bits < 0).isEqualTo(exact.signum() < 0);
  }

  private static BigDecimal distance(BigDecimal exact, int bits, DType to) {
    double value = value(to, bits);
    return Double.isInfinite(value)
        ? BigDecimal.valueOf(Double.MAX_VALUE)
        : exact.subtract(new BigDecimal(value)).abs();
  }

  @Test
  void longsRoundOnce() {
    Random random = new Random(9);
    for (DType from : new DType[] {INT64, UINT64}) {
      Tensor x = Tensor.zeros(from, Shape.of(5000));
      for (int i = 0; i < x.elements(); i++) {
        long top = (random.nextLong() >>> 56 << 1 | 1) << 54 >>> random.nextInt(20);
        x.data().set(Tensor.I64, 8L * i, top + random.nextInt(3) - 1);
      }
      Tensor bf16 = cast(x, BFLOAT16, 1);
      Tensor f32 = cast(x, FLOAT32, 1);
      Tensor f64 = cast(x, FLOAT64, 1);
      for (int i = 0; i < x.elements(); i++) {
        long bits = x.data().get(Tensor.I64, 8L * i);
        BigInteger exact =
            from == INT64 ? BigInteger.valueOf(bits) : new BigInteger(Long.toUnsignedString(bits));
        assertNearest(new BigDecimal(exact), bf16.data().get(Tensor.I16, 2L * i), BFLOAT16);
        assertThat(f32.data().get(Tensor.F32, 4L * i)).isEqualTo(exact.floatValue());
        assertThat(f64.data().get(Tensor.F64, 8L * i)).isEqualTo(exact.doubleValue());
      }
    }
  }

  @Test
  void fourBitIntegersPackTwoToAByte() {
    Tensor x = Tensor.of(new float[] {-9, -8, -1, 0, 7, 8, 15, 16, 3}, 9);
    assertThat(cast(x, INT4, 1).toLongs()).containsExactly(-8, -8, -1, 0, 7, 7, 7, 7, 3);
    assertThat(cast(x, UINT4, 1).toLongs()).containsExactly(0, 0, 0, 0, 7, 8, 15, 15, 3);
    Tensor wide = Tensor.of(new long[] {200, -3, 17}, 3);
    assertThat(cast(wide, INT4, 1).toLongs()).containsExactly(-8, -3, 1);
    assertThat(cast(cast(x, INT4, 1), INT64, 1).toLongs())
        .containsExactly(-8, -8, -1, 0, 7, 7, 7, 7, 3);
  }

  @Test
  void integersWrapAndBoolsAreOneOrZero() {
    Tensor x = Tensor.of(new long[] {200, -1, 0, 70000, 1L << 40}, 5);
    assertThat(cast(x, DType.INT8, 1).toLongs()).containsExactly(-56, -1, 0, 112, 0);
    assertThat(cast(x, DType.UINT16, 1).toLongs()).containsExactly(200, 65535, 0, 4464, 0);
    assertThat(cast(x, DType.BOOL, 1).toLongs()).containsExactly(1, 1, 0, 1, 1);
    Tensor fractions = Tensor.of(new float[] {0.3f, -0.0f, -1.9f, 2.9f}, 4);
    assertThat(cast(fractions, DType.BOOL, 1).toLongs()).containsExactly(1, 0, 1, 1);
    assertThat(cast(fractions, DType.INT32, 1).toLongs()).containsExactly(0, 0, -1, 2);
  }
}
