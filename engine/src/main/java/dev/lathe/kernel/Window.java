package dev.lathe.kernel;

/**
 * A two-dimensional sliding window over one NHWC image; one-dimensional ones have height 1.
 *
 * @param channels elements per pixel, of input and output alike
 */
public record Window(
    int channels,
    int inHeight,
    int inWidth,
    int outHeight,
    int outWidth,
    int kernelHeight,
    int kernelWidth,
    int strideHeight,
    int strideWidth,
    int dilationHeight,
    int dilationWidth,
    int padTop,
    int padLeft) {

  /**
   * First input row of output row {@code oh} at kernel row {@code kh}; may lie outside the image.
   */
  public int inRow(int oh, int kh) {
    return oh * strideHeight - padTop + kh * dilationHeight;
  }

  public int inColumn(int ow, int kw) {
    return ow * strideWidth - padLeft + kw * dilationWidth;
  }

  public boolean rowInside(int row) {
    return row >= 0 && row < inHeight;
  }

  public boolean columnInside(int column) {
    return column >= 0 && column < inWidth;
  }

  public int taps() {
    return kernelHeight * kernelWidth;
  }

  public long inElements() {
    return (long) inHeight * inWidth * channels;
  }

  public long outElements() {
    return (long) outHeight * outWidth * channels;
  }
}
