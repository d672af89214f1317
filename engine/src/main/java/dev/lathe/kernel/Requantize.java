package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What happens to an int32 accumulator before it is stored as uint8 (docs/numerics.md,
 * "Requantization"):
 *
 * <pre>
 * v = float(acc + bias[n]) * scale[n]           bias carries the zero-point corrections: exact int32
 * q = saturate_u8(rint(v) + zeroPoint)          rint: half to even
 * without addend: C = clamp(q, min, max)
 * with addend:    f = float(q - zeroPoint) * outScale + float(r - addendZeroPoint) * addendScale
 *                 C = clamp(saturate_u8(rint(f / sumScale) + sumZeroPoint), min, max)
 * </pre>
 *
 * Every operation is a single IEEE float32 operation, none is fused.
 *
 * @param bias int32 [n], padded to a multiple of 64 bytes, native memory
 * @param scale float32 [n] = sx * sw[n] / sy, padded likewise
 * @param min lower clamp in uint8, 0..255
 * @param max upper clamp in uint8
 * @param addend the residual operand, or null
 */
public record Requantize(
    MemorySegment bias,
    MemorySegment scale,
    int zeroPoint,
    int min,
    int max,
    @Nullable Addend addend) {

  /**
   * A quantized residual that is added after the product's own quantization, as the unfused graph
   * would.
   *
   * @param stride elements between rows of the residual
   * @param outScale scale of the product's own quantization
   * @param scale scale of the residual
   * @param zeroPoint zero point of the residual, 0..255
   * @param sumScale scale of the sum
   * @param sumZeroPoint zero point of the sum, 0..255
   */
  public record Addend(
      long stride, float outScale, float scale, int zeroPoint, float sumScale, int sumZeroPoint) {}
}
