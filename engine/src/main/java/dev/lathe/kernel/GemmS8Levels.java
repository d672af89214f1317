package dev.lathe.kernel;

/**
 * {@link GemmLevels} of 2 or 4 bits with activations rounded to int8, one scale per row and block
 * of k ({@link RowBlock}).
 *
 * <p>Every output is, whatever the tile, the vector width and the thread count,
 *
 * <pre>
 * D = sum of level(a[k]) * q[k][n]              per block of k, exact
 * S = sum of level(a[k])
 *   d = float(D)                                without zero points
 *   d = fma(z[block][n], -float(S), float(D))   with
 *   acc = fma(scale[block][n] * rowScale, d, acc)   from acc = +0, over the blocks in order
 * C = epilogue(acc)
 * </pre>
 *
 * <p>The sums are exact in int32 and in float32, whatever their order, for blocks of at most {@link
 * #MAX_BLOCK}.
 */
public interface GemmS8Levels extends GemmLevels {

  /** Levels of the largest block: their products add up to less than 2^24. */
  int MAX_BLOCK = 1 << 14;
}
