package dev.lathe.kernel;

import dev.lathe.kernel.Requantize.Addend;
import dev.lathe.quant.QuantizedSum;
import dev.lathe.tensor.Tensor;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * The requantization of docs/numerics.md once more, independent of package quant: every float32
 * operation is a double operation rounded to float, which is the same for sums, products and
 * quotients of floats; a fused one is an operation on decimals of any size.
 */
final class Requantizer {

  private Requantizer() {}

  static byte apply(Requantize epilogue, BigInteger acc, int n, int residual) {
    // Two's complement on purpose: an int32 accumulator is what the contract says.
    int sum = acc.add(BigInteger.valueOf(epilogue.bias().get(Tensor.I32, 4L * n))).intValue();
    double scale = epilogue.scale().get(Tensor.F32, 4L * n);
    float v = (float) (sum * 1.0f * scale);
    @Nullable Addend addend = epilogue.addend();
    if (addend == null) {
      return level(v, epilogue.zeroPoint(), epilogue.min(), epilogue.max());
    }
    int q = Byte.toUnsignedInt(level(v, epilogue.zeroPoint(), 0, 255));
    int lhs = addend.first() ? residual : q;
    int rhs = addend.first() ? q : residual;
    return sum(addend.sum(), lhs, rhs, epilogue.min(), epilogue.max());
  }

  static byte sum(QuantizedSum sum, int a, int b, int min, int max) {
    float inner = fma(b, sum.rhsRatio(), sum.offset());
    return level(fma(a, sum.lhsRatio(), inner), 0, min, max);
  }

  /** {@code a * b + c}, exact, rounded once. */
  private static float fma(int a, float b, float c) {
    return new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c)).floatValue();
  }

  static byte level(float v, int zeroPoint, int min, int max) {
    double rounded = Float.isNaN(v) ? 0 : StrictMath.rint(v);
    double level = Math.max(0, Math.min(255, rounded + zeroPoint));
    return (byte) (int) Math.max(min, Math.min(max, level));
  }
}
