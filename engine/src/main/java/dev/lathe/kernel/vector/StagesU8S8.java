package dev.lathe.kernel.vector;

import dev.lathe.kernel.Requantize;

/**
 * What surrounds the fp32 register tiles in an integer product: operands on the way in, sums on the
 * way out. Everything is an absolute address of memory the caller has checked.
 */
interface StagesU8S8 {

  /** uint8 [count] to float32 [count]; may write up to a vector past the last element. */
  void widen(long src, long dst, long count);

  /** The sum of k widened elements. */
  int sum(long elements, int k);

  /**
   * {@code sum = -zeroPoint * rowSum}: what zero points of the weights contribute.
   *
   * @param rowSums int32 [rows]
   * @param zeroPoints int32 [columns], padded to a vector
   * @param columns of the tile that are of importance; may be more than nr
   * @param sum int32 [rows][nr]
   */
  void begin(long rowSums, long zeroPoints, int rows, int columns, long sum);

  /** {@code sum += acc}: float32 sums of one chunk to int32 sums over chunks. */
  void flush(long acc, long sum, int rows, boolean first);

  /**
   * Requantizes a tile and stores it.
   *
   * @param acc float32 [rows][nr], the last chunk's sums
   * @param sum int32 [rows][nr], the sums of the chunks before; 0 when there were none
   * @param bias int32, of the tile's first column on; {@code scale} likewise
   * @param addend the residual of the tile's first element, or 0
   */
  void store(
      Requantize epilogue,
      long acc,
      long sum,
      int rows,
      int columns,
      long bias,
      long scale,
      long addend,
      long dst,
      long dstStride);

  /**
   * Stores a tile of sums plus bias as int32; may change {@code acc}.
   *
   * @param dstStride in elements
   */
  void storeSums(long acc, long sum, int rows, int columns, long bias, long dst, long dstStride);
}
