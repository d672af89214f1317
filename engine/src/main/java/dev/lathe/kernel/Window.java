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

  /** First kernel row whose input row at output row {@code oh} lies inside the image. */
  public int kernelRowFrom(int oh) {
    return from(inRow(oh, 0), dilationHeight);
  }

  /** End (exclusive) of the kernel rows whose input row lies inside the image. */
  public int kernelRowTo(int oh) {
    return to(inRow(oh, 0), dilationHeight, inHeight, kernelHeight);
  }

  public int kernelColumnFrom(int ow) {
    return from(inColumn(ow, 0), dilationWidth);
  }

  public int kernelColumnTo(int ow) {
    return to(inColumn(ow, 0), dilationWidth, inWidth, kernelWidth);
  }

  /** Index of an input element that lies inside the image. */
  public long inElement(int row, int column, int channel) {
    return ((long) row * inWidth + column) * channels + channel;
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

  private static int from(int start, int dilation) {
    return start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
  }

  private static int to(int start, int dilation, int size, int kernel) {
    return Math.clamp(Math.ceilDiv(size - start, dilation), 0, kernel);
  }
}
