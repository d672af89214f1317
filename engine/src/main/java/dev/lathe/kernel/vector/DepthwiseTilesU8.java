package dev.lathe.kernel.vector;

/**
 * The stages of an integer depthwise convolution over one panel of nr channels, before the
 * requantization. Everything is an absolute address of memory the caller has checked.
 */
interface DepthwiseTilesU8 {

  /** Output columns of {@link #tile}. */
  int COLUMNS = 4;

  /** Channels of a panel. */
  int nr();

  /**
   * One row of input pixels to float32 [count][nr], {@code x - zeroPoint}.
   *
   * @param pixelBytes from a pixel to the next
   * @param channels of the panel, at most nr; the content of the others is of no importance
   */
  void widen(long src, long pixelBytes, int count, int channels, int zeroPoint, long dst);

  /**
   * int16 weights to float32 [taps][nr].
   *
   * @param tapBytes from a tap to the next
   */
  void widenWeights(long src, long tapBytes, int taps, int channels, long dst);

  /**
   * The sums of {@value #COLUMNS} neighbouring output pixels, float32 [{@value #COLUMNS}][nr].
   *
   * @param rows int64 [kernelRows], where the first output pixel's taps begin in each widened row
   * @param skip bytes to add to all of them
   * @param kernelColumns taps of a row to sum over
   * @param tapBytes from a tap of a row to the next
   * @param columnBytes from an output pixel's first tap to the next pixel's
   * @param weights of the first tap
   * @param weightRowBytes from one kernel row's weights to the next
   */
  void tile(
      long rows,
      long skip,
      int kernelRows,
      int kernelColumns,
      long tapBytes,
      long columnBytes,
      long weights,
      long weightRowBytes,
      long acc);
}
