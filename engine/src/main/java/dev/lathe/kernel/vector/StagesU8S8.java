package dev.lathe.kernel.vector;

import dev.lathe.kernel.Requantize;

/**
 * What surrounds the fp32 register tiles in an integer product: operands on the way in, sums on the
 * way out. Everything is an absolute address of memory the caller has checked.
 */
interface StagesU8S8 {

  /** uint8 [count] to float32 [count]; may write up to a vector past the last element. */
  void widen(long src, long dst, long count);

  /**
   * One chunk of one panel, from int8 quads to the float32 panel the tiles read: {@code w -
   * zeroPoint}, exact.
   *
   * @param first the first quad of the chunk's first tap for the panel's first vector of columns
   * @param second the same for its second vector; {@code first} when there are no such columns
   * @param tapBytes from one tap to the next
   * @param k elements of every tap; up to three further rows are written after the last
   * @param zeroPoints int32 [nr], or 0 when all are zero
   */
  void unpack(long first, long second, long tapBytes, int taps, int k, long zeroPoints, long panel);

  /**
   * One row times one panel, straight from the quads; k must be a multiple of 4.
   *
   * @param rows int64, the row's address for tap t at {@code rows + t * step}
   * @param acc float32 [nr], the sums
   */
  void row(
      long rows,
      long step,
      int taps,
      int k,
      long first,
      long second,
      long tapBytes,
      long zeroPoints,
      long acc);

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
}
