package dev.lathe.kernel;

import dev.lathe.quant.QuantizedSum;
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
 * with addend r:  C = the quantized sum of q and r ({@link QuantizedSum}), clamped to [min, max]
 * </pre>
 *
 * Every operation is a single IEEE float32 operation; only the sum has fused ones.
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
    @Nullable Addend addend)
    implements IntegerEpilogue {

  @Override
  public int dstBytes() {
    return 1;
  }

  /**
   * A quantized residual that is added after the product's own quantization, as the unfused graph
   * would.
   *
   * @param stride elements between rows of the residual
   * @param sum how the two are added; regular
   * @param first whether the residual is the sum's left operand
   */
  public record Addend(long stride, QuantizedSum sum, boolean first) {

    /** The numbers that stand where there is no addend and a function takes them all the same. */
    public static final Addend NONE = new Addend(0, new QuantizedSum(0, 0, 0), false);
  }
}
