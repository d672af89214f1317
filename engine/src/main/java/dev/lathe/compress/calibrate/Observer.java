package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/**
 * Watches the values of one tensor go by and ends with the range to quantize. Memory is bounded
 * whatever is observed, and the result does not depend on how the values are split into calls.
 */
public interface Observer {

  /** Takes in finite values {@code [0, count)}. */
  void observe(float[] values, int count);

  /** The range chosen from everything so far; [0, 0] before anything was observed. */
  Range range();
}
