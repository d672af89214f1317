package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Conversions between fp32 and uint8 over contiguous elements with one scale: {@code q =
 * saturate_u8(rint(x / scale) + zeroPoint)} (NaN quantizes to the zero point) and {@code x =
 * float(q - zeroPoint) * scale}.
 */
public interface QuantizeU8 extends Kernel {

  void quantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count);

  void dequantize(
      float scale,
      int zeroPoint,
      MemorySegment src,
      long srcAt,
      MemorySegment dst,
      long dstAt,
      long count);
}
