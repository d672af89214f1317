package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What happens to an fp32 accumulator before it is stored: {@code C = clamp(acc + bias[n] (+
 * addend[m][n]), min, max)}, in that order, each addition rounded on its own; {@link #clamp} lets
 * NaN pass.
 *
 * @param bias float32 [n] padded with zeros to a multiple of 64 bytes, native memory; or null
 * @param addendStride elements between rows of the addend; 0 when there is none
 */
public record FloatEpilogue(@Nullable MemorySegment bias, long addendStride, float min, float max) {

  public static final FloatEpilogue NONE =
      new FloatEpilogue(null, 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /** What is stored for {@code x}, after the additions. */
  public float clamp(float x) {
    return x <= min ? min : x >= max ? max : x;
  }

  public boolean hasAddend() {
    return addendStride != 0;
  }

  public boolean clamps() {
    return min != Float.NEGATIVE_INFINITY || max != Float.POSITIVE_INFINITY;
  }
}
