package dev.lathe.kernel.vector;

import dev.lathe.kernel.Requantize;
import dev.lathe.quant.QuantizedSum;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * uint8 in memory, one 32-bit lane per element in registers. Addresses are absolute, of memory the
 * caller has checked. A {@code count} says how many elements there are when they are fewer than
 * lanes; no byte outside is touched.
 */
interface LanesU8 {

  /** As many elements as there are lanes, zero-extended. */
  IntVector load(long at);

  /** The first {@code count} lanes; zeros in the others. */
  IntVector load(long at, int count);

  /** Stores {@code clamp(rint(x) + zeroPoint, min, max)}; x must not be NaN. */
  void store(FloatVector x, int zeroPoint, int min, int max, long at);

  void store(FloatVector x, int zeroPoint, int min, int max, long at, int count);

  /** {@code float(q - zeroPoint) * scale}. */
  FloatVector dequantize(IntVector q, int zeroPoint, float scale);

  /** {@code x}, and 0 for NaN, which so quantizes to the zero point. */
  FloatVector number(FloatVector x);

  /**
   * The addend path of {@link Requantize}: from the scaled accumulator {@code v} and the residual
   * {@code r} to the sum, ready to be stored with zero point 0.
   */
  FloatVector withAddend(FloatVector v, IntVector r, Requantize epilogue, Requantize.Addend addend);

  /** The {@link QuantizedSum} of levels, ready to be stored with zero point 0. */
  FloatVector sum(QuantizedSum sum, FloatVector a, FloatVector b);

  /** Levels as float32. */
  FloatVector levels(IntVector q);
}
