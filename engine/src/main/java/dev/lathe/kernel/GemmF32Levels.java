package dev.lathe.kernel;

/**
 * {@link GemmLevels} of 2, 4 or 8 bits in float32.
 *
 * <p>Every output is, whatever the tile, the vector width and the thread count,
 *
 * <pre>
 * e, o = 0; S, T = 0                            per block of k
 *   e = fma(a[k], q[k][n], e)   S = a[k] + S    over the even k, in order
 *   o = fma(a[k], q[k][n], o)   T = a[k] + T    over the odd k
 *   d = e + o                                   without zero points
 *   d = fma(z[block][n], -(S + T), e + o)       with
 *   acc = fma(scale[block][n], d, acc)          from acc = +0, over the blocks in order
 * C = epilogue(acc)
 * </pre>
 *
 * <p>All in float32. Zero points come off the sum, not off each level: results differ from a
 * product with dequantized weights by rounding only.
 */
public interface GemmF32Levels extends GemmLevels {}
