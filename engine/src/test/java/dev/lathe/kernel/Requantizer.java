package dev.lathe.kernel;

import dev.lathe.kernel.Requantize.Addend;
import dev.lathe.tensor.Tensor;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * The requantization of docs/numerics.md once more, independent of package quant: every float32
 * operation is a double operation rounded to float, which is the same for sums, products and
 * quotients of floats.
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
    float own = (float) ((double) (q - epilogue.zeroPoint()) * addend.outScale());
    float other = (float) ((double) (residual - addend.zeroPoint()) * addend.scale());
    float f = (float) ((double) own + other);
    float quotient = (float) ((double) f / addend.sumScale());
    return level(quotient, addend.sumZeroPoint(), epilogue.min(), epilogue.max());
  }

  static byte level(float v, int zeroPoint, int min, int max) {
    double rounded = Float.isNaN(v) ? 0 : StrictMath.rint(v);
    double level = Math.max(0, Math.min(255, rounded + zeroPoint));
    return (byte) (int) Math.max(min, Math.min(max, level));
  }
}
