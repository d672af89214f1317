package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Element-wise operators on every integer type against {@link BigInteger}. */
class IntegerArithmeticTest {

  private static final Map<String, BinaryOperator<BigInteger>> BINARY =
      Map.of(
          "Add", BigInteger::add,
          "Sub", BigInteger::subtract,
          "Mul", BigInteger::multiply,
          "Div", BigInteger::divide,
          "Min", BigInteger::min,
          "Max", BigInteger::max,
          "BitwiseAnd", BigInteger::and,
          "BitwiseOr", BigInteger::or,
          "BitwiseXor", BigInteger::xor);

  private static final Map<String, BinaryOperator<BigInteger>> COMPARISONS =
      Map.of(
          "Equal", (a, b) -> truth(a.compareTo(b) == 0),
          "Less", (a, b) -> truth(a.compareTo(b) < 0),
          "LessOrEqual", (a, b) -> truth(a.compareTo(b) <= 0),
          "Greater", (a, b) -> truth(a.compareTo(b) > 0),
          "GreaterOrEqual", (a, b) -> truth(a.compareTo(b) >= 0));

  private static final Map<String, UnaryOperator<BigInteger>> UNARY =
      Map.of(
          "Abs", BigInteger::abs,
          "Neg", BigInteger::negate,
          "Sign", x -> BigInteger.valueOf(x.signum()),
          "BitwiseNot", BigInteger::not);

  private static BigInteger truth(boolean value) {
    return value ? BigInteger.ONE : BigInteger.ZERO;
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.INCLUDE,
      names = {"INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64"})
  void agreesWithExactIntegers(DType type) {
    List<BigInteger> values = values(type);
    List<BigInteger> lhs = new ArrayList<>();
    List<BigInteger> rhs = new ArrayList<>();
    for (BigInteger a : values) {
      for (BigInteger b : values) {
        lhs.add(a);
        rhs.add(b.signum() == 0 ? BigInteger.ONE : b);
      }
    }
    BINARY.forEach((name, exact) -> check(op(name, 18), type, type, lhs, rhs, exact));
    COMPARISONS.forEach((name, exact) -> check(op(name, 16), type, DType.BOOL, lhs, rhs, exact));
    check(op("Mod", 13), type, type, lhs, rhs, IntegerArithmeticTest::floorMod);
    check(op("Mod", 13).with("fmod", 1), type, type, lhs, rhs, BigInteger::remainder);
    List<BigInteger> small = rhs.stream().map(b -> b.mod(BigInteger.valueOf(9))).toList();
    check(op("Pow", 15), type, type, lhs, small, (a, b) -> a.pow(b.intValue()));
    if (type.name().startsWith("U")) {
      List<BigInteger> amounts =
          rhs.stream().map(b -> b.mod(BigInteger.valueOf(type.bits()))).toList();
      check(
          op("BitShift", 11).with("direction", "LEFT"),
          type,
          type,
          lhs,
          amounts,
          (a, b) -> a.shiftLeft(b.intValue()));
      check(
          op("BitShift", 11).with("direction", "RIGHT"),
          type,
          type,
          lhs,
          amounts,
          (a, b) -> a.shiftRight(b.intValue()));
    }
    UNARY.forEach(
        (name, exact) ->
            check(op(name, 18).fed(tensor(type, lhs)), type, lhs.stream().map(exact).toList()));
  }

  private static BigInteger floorMod(BigInteger a, BigInteger b) {
    BigInteger rest = a.mod(b.abs());
    return b.signum() < 0 && rest.signum() != 0 ? rest.add(b) : rest;
  }

  private static void check(
      OperatorCase node,
      DType type,
      DType out,
      List<BigInteger> lhs,
      List<BigInteger> rhs,
      BinaryOperator<BigInteger> exact) {
    List<BigInteger> expected = new ArrayList<>();
    for (int i = 0; i < lhs.size(); i++) {
      expected.add(exact.apply(lhs.get(i), rhs.get(i)));
    }
    check(node.fed(tensor(type, lhs)).fed(tensor(type, rhs)), out, expected);
  }

  private static void check(OperatorCase node, DType out, List<BigInteger> expected) {
    Tensor actual = node.run().getFirst();
    Tensor wrapped = tensor(out, expected);
    assertThat(actual.dtype()).isEqualTo(out);
    assertThat(actual.toLongs()).as(node.toString()).isEqualTo(wrapped.toLongs());
  }

  /** The ends of the type's range, values around zero, and seeded ones. */
  private static List<BigInteger> values(DType type) {
    boolean unsigned = type.name().startsWith("U");
    Random random = new Random(type.code());
    List<BigInteger> values = new ArrayList<>();
    BigInteger span = BigInteger.ONE.shiftLeft(type.bits());
    BigInteger least = unsigned ? BigInteger.ZERO : span.shiftRight(1).negate();
    for (int i = 0; i < 3; i++) {
      values.add(least.add(BigInteger.valueOf(i)));
      values.add(least.add(span).subtract(BigInteger.valueOf(i + 1)));
      values.add(BigInteger.valueOf(unsigned ? i + 5 : i - 1));
      values.add(least.add(span.shiftRight(1)).add(BigInteger.valueOf(i)));
    }
    for (int i = 0; i < 9; i++) {
      values.add(least.add(new BigInteger(type.bits(), random)));
    }
    return values;
  }

  /** Values modulo 2^bits. */
  private static Tensor tensor(DType type, List<BigInteger> values) {
    Tensor tensor = Tensor.zeros(type, Shape.of(values.size()));
    for (int i = 0; i < values.size(); i++) {
      long bits = values.get(i).longValue();
      switch (type.bits()) {
        case 8 -> tensor.data().set(Tensor.I8, i, (byte) bits);
        case 16 -> tensor.data().set(Tensor.I16, 2L * i, (short) bits);
        case 32 -> tensor.data().set(Tensor.I32, 4L * i, (int) bits);
        default -> tensor.data().set(Tensor.I64, 8L * i, bits);
      }
    }
    return tensor;
  }
}
