package dev.lathe.compress.scheme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every scheme promises, on random and on adversarial weights. */
class WeightSchemeTest {

  private static final int ROWS = 6;
  private static final int LENGTH = 45;

  static List<String> names() {
    List<String> names = new ArrayList<>();
    for (int bits = 1; bits <= 16; bits++) {
      names.add("int" + bits + ":affine");
      names.add("int" + bits + ":maxabs");
      names.add("int" + bits + ":linear");
      if (bits > 1) {
        names.add("int" + bits + ":symmetric");
        names.add("pow2:" + bits);
      }
      if (bits > 1 && bits <= 8) {
        names.add("log2:" + bits);
      }
    }
    names.addAll(List.of("pow2:6,4", "pow2:6,class", "pow2:8,-3", "ternary", "binary"));
    for (int k : new int[] {2, 3, 16, 64}) {
      for (String start : List.of("linear", "density", "kmeans++")) {
        names.add("kmeans:" + k + "," + start);
      }
    }
    names.addAll(List.of("hash:1,1", "hash:16,1", "hash:16,7", "hash:1000,1"));
    names.addAll(List.of("fp16", "bf16", "fp8e4m3", "fp8e5m2", "float:2,0", "float:3,2"));
    names.addAll(List.of("float:8,0", "float:8,23"));
    return names;
  }

  private static List<Pieces> cuts() {
    return List.of(
        Pieces.whole(ROWS * LENGTH),
        new Pieces(ROWS, LENGTH, LENGTH),
        new Pieces(ROWS, LENGTH, 8),
        new Pieces(ROWS, LENGTH, 1));
  }

  private static float[] fill(DoubleUnaryOperator weight) {
    float[] rows = new float[ROWS * LENGTH];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) weight.applyAsDouble(i);
    }
    return rows;
  }

  /** Random weights of several kinds and ones that are hard for some scheme. */
  static List<float[]> weights() {
    List<float[]> all = new ArrayList<>();
    Random random = new Random(17);
    for (int i = 0; i < 8; i++) {
      double width = Math.exp(random.nextGaussian() * 3);
      all.add(fill(at -> random.nextGaussian() * width));
      all.add(fill(at -> random.nextFloat() < 0.4 ? 0 : random.nextGaussian() * width));
    }
    all.add(fill(at -> Math.abs(random.nextGaussian())));
    all.add(fill(at -> -Math.abs(random.nextGaussian()) - 3));
    all.add(fill(at -> Math.exp(20 * random.nextGaussian())));
    all.add(fill(at -> 0));
    all.add(fill(at -> -0.0));
    all.add(fill(at -> 0.7));
    all.add(fill(at -> -3));
    all.add(fill(at -> at == 100 ? 1e30 : random.nextGaussian() * 1e-3));
    all.add(fill(at -> at == 100 ? -1e30 : random.nextGaussian() * 1e-3));
    all.add(fill(at -> at % 2 == 0 ? Float.MAX_VALUE : -Float.MAX_VALUE));
    all.add(fill(at -> at % 2 == 0 ? Float.MAX_VALUE : 1));
    all.add(fill(at -> (at % 7 - 3) * (double) Float.MIN_VALUE));
    all.add(fill(at -> random.nextGaussian() * Float.MIN_NORMAL));
    all.add(fill(at -> (at % 8 - 2.5) * 0.37));
    all.add(fill(at -> at % 15 - 7));
    all.add(fill(at -> at % 16 - 8));
    all.add(fill(at -> 1.5 * Math.scalb(1.0, (int) at % 9)));
    return all;
  }

  @ParameterizedTest
  @MethodSource("names")
  void zerosStayValuesAreFiniteAndASecondTimeChangesNothing(String name) {
    WeightScheme scheme = WeightSchemes.parse(name);
    assertThat(WeightSchemes.parse(scheme.name()).name()).isEqualTo(scheme.name());
    int which = 0;
    for (float[] rows : weights()) {
      for (Pieces pieces : cuts()) {
        String what = name + ", weights " + which + ", " + pieces;
        WeightCode code = scheme.encode(rows.clone(), pieces);
        float[] values = code.values();
        float[] again = scheme.encode(values.clone(), pieces).values();
        for (int i = 0; i < rows.length; i++) {
          if (!Float.isFinite(values[i]) || (rows[i] == 0 && values[i] != 0)) {
            fail(what + ": " + rows[i] + " became " + values[i]);
          }
          if (again[i] != values[i]) {
            fail(what + ": " + rows[i] + " became " + values[i] + ", then " + again[i]);
          }
        }
        assertBudget(code, pieces, what);
      }
      which++;
    }
  }

  /** No piece has more distinct values than its bits can tell apart. */
  private static void assertBudget(WeightCode code, Pieces given, String what) {
    float[] values = code.values();
    int bits = code.bits();
    for (int piece = 0; piece < given.count(); piece++) {
      Set<Float> distinct = new HashSet<>();
      for (int i = given.from(piece); i < given.to(piece); i++) {
        distinct.add(values[i] + 0f);
      }
      long most =
          code instanceof WeightCode.Hashed hashed ? hashed.books()[piece].length + 1L : 1L << bits;
      assertThat((long) distinct.size()).as(what).isLessThanOrEqualTo(most);
    }
    assertThat(code.bytes())
        .isEqualTo((code.elements() * (long) code.bits() + 7) / 8 + code.parameterBytes());
  }

  @ParameterizedTest
  @MethodSource("names")
  void orderIsKeptWithinAPiece(String name) {
    WeightScheme scheme = WeightSchemes.parse(name);
    if (scheme instanceof HashScheme) {
      return;
    }
    for (float[] rows : weights()) {
      float[] sorted = rows.clone();
      Arrays.sort(sorted);
      float[] values = scheme.encode(sorted, Pieces.whole(sorted.length)).values();
      for (int i = 1; i < sorted.length; i++) {
        if (values[i] < values[i - 1]) {
          fail(name + ": " + sorted[i - 1] + " to " + sorted[i] + " fell to " + values[i]);
        }
      }
    }
  }

  private static double largest(float[] rows) {
    double max = 0;
    for (float w : rows) {
      max = Math.max(max, Math.abs((double) w));
    }
    return max;
  }

  private static double squared(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double apart = (double) a[i] - b[i];
      sum += apart * apart;
    }
    return sum;
  }

  @Test
  void integersAndFixedPointAreWithinHalfAStepAndFloorsWithinOne() {
    for (float[] rows : weights().subList(0, 19)) {
      for (int bits = 2; bits <= 16; bits++) {
        assertWithin(rows, "int" + bits + ":affine", 0.5);
        assertWithin(rows, "int" + bits + ":symmetric", 0.5);
        assertWithin(rows, "int" + bits + ":maxabs", 1);
        assertWithin(rows, "int" + bits + ":linear", 1);
        assertWithin(rows, "pow2:" + bits, 0.5);
      }
    }
  }

  private static void assertWithin(float[] rows, String name, double steps) {
    Pieces pieces = new Pieces(ROWS, LENGTH, LENGTH);
    WeightCode.Linear code =
        (WeightCode.Linear) WeightSchemes.parse(name).encode(rows.clone(), pieces);
    float[] values = code.values();
    for (int piece = 0; piece < pieces.count(); piece++) {
      double bound = steps * code.scales()[piece] + 1e-6 * largest(rows);
      for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
        assertClose(values[i], rows[i], bound, name);
      }
    }
  }

  private static void assertClose(float value, float weight, double bound, String name) {
    if (!(Math.abs((double) value - weight) <= bound)) {
      fail(name + ": " + weight + " became " + value + ", which is not within " + bound);
    }
  }

  @Test
  void powersOfTwoAreWithinAThirdOrHalfTheSmallest() {
    for (float[] rows : weights().subList(0, 19)) {
      for (int bits = 2; bits <= 8; bits++) {
        WeightCode code =
            WeightSchemes.parse("log2:" + bits).encode(rows.clone(), Pieces.whole(rows.length));
        int top = ((WeightCode.Powers) code).tops()[0];
        double smallest = Math.scalb(1.0, top - ((1 << (bits - 1)) - 2));
        float[] values = code.values();
        for (int i = 0; i < rows.length; i++) {
          double bound = Math.max(Math.abs((double) rows[i]) / 3 * (1 + 1e-9), smallest / 2);
          assertClose(values[i], rows[i], bound, "log2:" + bits);
        }
      }
    }
  }

  @Test
  void reducedFloatsAreWithinHalfAUnitOfTheLastPlace() {
    for (float[] rows : weights().subList(0, 16)) {
      for (String name : List.of("fp16", "bf16", "fp8e4m3", "fp8e5m2", "float:5,4")) {
        WeightCode code = WeightSchemes.parse(name).encode(rows.clone(), Pieces.whole(rows.length));
        FloatFormat format = ((WeightCode.Reduced) code).format();
        double least = Math.scalb(1.0, 1 - (1 << (format.exponent() - 1)) - format.mantissa());
        for (int i = 0; i < rows.length; i++) {
          double magnitude = Math.abs((double) rows[i]);
          if (magnitude <= format.max()) {
            double bound = Math.max(magnitude * Math.scalb(1.0, -1 - format.mantissa()), least);
            assertClose(code.values()[i], rows[i], bound, name);
          }
        }
      }
    }
  }

  @Test
  void meansNeverAddToTheSquaredError() {
    for (float[] rows : weights().subList(0, 19)) {
      for (String name : List.of("ternary", "binary", "hash:16", "hash:1", "kmeans:2")) {
        for (Pieces pieces : cuts()) {
          float[] values = WeightSchemes.parse(name).encode(rows.clone(), pieces).values();
          assertThat(squared(values, rows))
              .as(name)
              .isLessThanOrEqualTo(squared(new float[rows.length], rows) * (1 + 1e-6));
        }
      }
    }
  }

  @Test
  void moreBitsMeanLessError() {
    for (float[] rows : weights().subList(0, 18)) {
      Pieces whole = Pieces.whole(rows.length);
      for (String family :
          List.of("int%d:symmetric", "int%d:affine", "int%d:maxabs", "int%d:linear", "pow2:%d")) {
        double last = Double.POSITIVE_INFINITY;
        for (int bits = 2; bits <= 14; bits += 4) {
          String name = String.format(java.util.Locale.ROOT, family, bits);
          double error = squared(WeightSchemes.parse(name).encode(rows, whole).values(), rows);
          assertThat(error).as(name).isLessThanOrEqualTo(last);
          last = error;
        }
      }
      double last = Double.POSITIVE_INFINITY;
      for (int k = 2; k <= 128; k *= 4) {
        WeightScheme scheme = WeightSchemes.parse("kmeans:" + k + ",density");
        double error = squared(scheme.encode(rows, whole).values(), rows);
        assertThat(error).as(scheme.name()).isLessThanOrEqualTo(last);
        last = error;
      }
    }
  }

  /** The answer [-1, -1, 0, 1] that is in print is wrong. */
  @Test
  void theWorkedExampleOfMaxAbs() {
    float[] rows = {-0.5f, -0.2f, 0.1f, 0.3f};
    WeightCode.Linear code =
        (WeightCode.Linear) WeightSchemes.parse("int4:maxabs").encode(rows, Pieces.whole(4));
    assertThat(code.levels()).containsExactly(-8, -4, 1, 4);
    assertThat(code.scales()).containsExactly(0.0625f);
    assertThat(code.values()).containsExactly(-0.5f, -0.25f, 0.0625f, 0.25f);
    assertThat(code.bytes()).isEqualTo(2 + 1);
    WeightCode.Linear mirrored =
        (WeightCode.Linear)
            WeightSchemes.parse("int4:maxabs")
                .encode(new float[] {0.5f, 0.2f, -0.1f, -0.3f}, Pieces.whole(4));
    assertThat(mirrored.levels()).containsExactly(7, 3, -2, -5);
  }

  @Test
  void theWorkedExamplesOfTheOthers() {
    float[] rows = {-0.5f, -0.2f, 0.1f, 0.3f};
    assertThat(levels("int4:symmetric", rows)).containsExactly(-7, -3, 1, 4);
    assertThat(values("int4:symmetric", rows))
        .containsExactly(new float[] {-0.5f, -0.2143f, 0.0714f, 0.2857f}, within(5e-5f));
    assertThat(levels("int4:affine", rows)).containsExactly(0, 5, 11, 15);
    assertThat(values("int4:affine", rows))
        .containsExactly(new float[] {-0.48f, -0.2133f, 0.1067f, 0.32f}, within(5e-5f));
    assertThat(levels("int4:linear", rows)).containsExactly(0, 6, 11, 15);
    assertThat(values("int4:linear", rows))
        .containsExactly(new float[] {-0.5333f, -0.2133f, 0.0533f, 0.2667f}, within(5e-5f));
    assertThat(levels("pow2:4", rows)).containsExactly(-8, -3, 2, 5);
    assertThat(values("pow2:4", rows)).containsExactly(-0.5f, -0.1875f, 0.125f, 0.3125f);
    assertThat(values("log2:4", rows)).containsExactly(-0.5f, -0.25f, 0.125f, 0.25f);
    assertThat(values("ternary", rows)).containsExactly(-1 / 3f, -1 / 3f, 0f, 1 / 3f);
    assertThat(values("binary", rows)).containsExactly(-0.275f, -0.275f, 0.275f, 0.275f);
    assertThat(values("kmeans:2", rows)).containsExactly(-0.35f, -0.35f, 0.2f, 0.2f);
    assertThat(values("hash:1", rows)[0]).isCloseTo(-0.075f, within(1e-7f));
    assertThat(values("fp8e4m3", rows)).containsExactly(-0.5f, -0.203125f, 0.1015625f, 0.3125f);
  }

  /** No rounding of the step may lose the last level, nor add one. */
  @Test
  void theEndsOfLinearAreTheOutermostLevels() {
    Random random = new Random(29);
    for (int i = 0; i < 20_000; i++) {
      float low = -random.nextFloat();
      float high = random.nextFloat();
      int bits = 1 + random.nextInt(16);
      for (float[] rows : new float[][] {{low, low / 3, high}, {low, low / 2}, {high / 7, high}}) {
        int[] levels = levels("int" + bits + ":linear", rows);
        boolean below = rows[0] < 0;
        boolean above = rows[rows.length - 1] > 0;
        assertThat(below ? levels[0] : 0).isZero();
        assertThat(above ? levels[rows.length - 1] : (1 << bits) - 1).isEqualTo((1 << bits) - 1);
      }
    }
  }

  private static int[] levels(String name, float[] rows) {
    return ((WeightCode.Linear)
            WeightSchemes.parse(name).encode(rows.clone(), Pieces.whole(rows.length)))
        .levels();
  }

  private static float[] values(String name, float[] rows) {
    return WeightSchemes.parse(name).encode(rows.clone(), Pieces.whole(rows.length)).values();
  }

  @Test
  void reducedFloatsAreTheCastsOfTheirTypes() {
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      float w = Float.intBitsToFloat(random.nextInt());
      if (Math.abs(w) <= 65504) {
        assertThat(FloatFormat.ieee(5, 10).round(w))
            .isEqualTo(Float.float16ToFloat(Float.floatToFloat16(w)) + 0f);
        for (var type :
            List.of(dev.lathe.tensor.Minifloat.E4M3FN, dev.lathe.tensor.Minifloat.E5M2)) {
          FloatFormat format =
              type == dev.lathe.tensor.Minifloat.E5M2 ? FloatFormat.ieee(5, 2) : FloatFormat.e4m3();
          assertThat(format.round(w)).isEqualTo(type.decode(type.encode(w, true)) + 0f);
        }
      }
    }
    assertThat(FloatFormat.ieee(8, 23).round(Float.MAX_VALUE)).isEqualTo(Float.MAX_VALUE);
    assertThat(FloatFormat.ieee(5, 10).round(1e9f)).isEqualTo(65504);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "int0",
        "int17",
        "int1",
        "int1:symmetric",
        "int4:other",
        "pow2:1",
        "pow2:17",
        "pow2:8,layer",
        "log2:1",
        "log2:9",
        "ternary:2",
        "kmeans:1",
        "kmeans:70000",
        "kmeans:16,random",
        "hash:0",
        "float:1,3",
        "float:9,3",
        "float:5,24",
        "fp12",
        "",
        "int8 "
      })
  void nonsenseIsRefused(String name) {
    assertThatThrownBy(() -> WeightSchemes.parse(name)).isInstanceOf(UsageException.class);
  }
}
