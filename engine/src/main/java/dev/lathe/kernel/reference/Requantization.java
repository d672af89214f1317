package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.Requantize.Addend;
import dev.lathe.quant.Arithmetic;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link Requantize}, one element at a time. */
final class Requantization {

  private Requantization() {}

  /**
   * The uint8 an accumulator becomes.
   *
   * @param n its column or channel
   * @param addend the residual operand when the epilogue has one
   * @param addendAt byte of the residual operand that belongs to this element
   */
  static byte apply(
      Requantize epilogue, int acc, int n, @Nullable MemorySegment addend, long addendAt) {
    int sum = acc + epilogue.bias().get(I32, 4L * n);
    float scale = epilogue.scale().get(F32, 4L * n);
    int zeroPoint = epilogue.zeroPoint();
    Addend plus = epilogue.addend();
    if (plus == null || addend == null) {
      return (byte) Arithmetic.requantize(sum, scale, zeroPoint, epilogue.min(), epilogue.max());
    }
    int q = Arithmetic.requantize(sum, scale, zeroPoint, 0, 255);
    int r = Byte.toUnsignedInt(addend.get(I8, addendAt));
    int lhs = plus.first() ? r : q;
    int rhs = plus.first() ? q : r;
    return (byte) plus.sum().level(lhs, rhs, epilogue.min(), epilogue.max());
  }

  /** Distance of the residual operand's rows; 0 without one. */
  static long addendStride(IntegerEpilogue epilogue) {
    return epilogue instanceof Requantize requantize && requantize.addend() != null
        ? requantize.addend().stride()
        : 0;
  }
}
