package dev.lathe.op;

import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * How the rows of a convolution's left operand are found, chosen once per node:
 *
 * <pre>
 * pointwise      rows are the pixels themselves, all images at once, no table
 * few channels   a padded copy of the image is made first; one tap per kernel row, k = kW * C contiguous elements
 * otherwise      one tap per kernel position, k = C / groups, rows through an offset table with padding marks
 * </pre>
 *
 * <p>Three spatial axes are the same with one tap per depth and kernel position, or row. The padded
 * copy has a border in the last two axes only; planes before and after the volume are padding
 * marks.
 *
 * @param images products per run: 1 when all images are merged into one
 * @param imageElements elements between the images' lhs bases
 * @param merged whether taps are whole kernel rows over a padded copy
 * @param paddedHeight rows of a plane of the padded copy; 0 when there is none
 */
record ConvRows(
    GemmShape shape,
    int images,
    long imageElements,
    boolean merged,
    int paddedHeight,
    int paddedWidth) {

  /** Below this many channels per pixel, single taps are too short for the kernels' inner loop. */
  private static final int FEW_CHANNELS = 16;

  /**
   * The rows of a convolution.
   *
   * @param mayMerge whether weights can be rewritten for whole kernel rows
   */
  static ConvRows of(ConvForm form, Lowering lowering, boolean mayMerge) {
    int n = form.groupOutputs();
    SlidingWindow window = form.window();
    if (form.pointwise()) {
      int m = Math.multiplyExact(form.batch(), window.outPixels());
      GemmShape shape =
          new GemmShape(m, n, form.groupChannels(), 1, form.inChannels(), null, form.outChannels());
      return new ConvRows(shape, 1, 0, false, 0, 0);
    }
    int last = window.axes() - 1;
    boolean merged =
        mayMerge
            && form.groups() == 1
            && form.inChannels() < FEW_CHANNELS
            && window.kernel(last) > 1
            && window.dilation(last) == 1;
    return merged ? merged(form, lowering) : tapped(form, lowering);
  }

  private static ConvRows merged(ConvForm form, Lowering lowering) {
    SlidingWindow window = form.window().raised(3);
    int height = Math.max(window.in(1), window.lastRead(1) + 1) + window.before(1);
    int width = Math.max(window.in(2), window.lastRead(2) + 1) + window.before(2);
    int channels = form.inChannels();
    int m = window.outPixels();
    int taps = window.kernel(0) * window.kernel(1);
    MemorySegment table = lowering.allocate(4L * taps * m);
    for (int t = 0; t < taps; t++) {
      int kd = t / window.kernel(1);
      int kh = t % window.kernel(1);
      for (int i = 0; i < m; i++) {
        int ow = i % window.out(2);
        int oh = i / window.out(2) % window.out(1);
        int d = window.position(0, i / window.out(2) / window.out(1), kd);
        long row = (long) oh * window.stride(1) + (long) kh * window.dilation(1);
        long pixel = ((long) d * height + row) * width + (long) ow * window.stride(2);
        set(table, m, t, i, d < 0 ? GemmShape.PADDING : offset(pixel * channels));
      }
    }
    GemmShape shape =
        new GemmShape(
            m, form.outChannels(), window.kernel(2) * channels, taps, 0, table, form.outChannels());
    long imageElements = (long) window.in(0) * height * width * channels;
    return new ConvRows(shape, form.batch(), imageElements, true, height, width);
  }

  private static ConvRows tapped(ConvForm form, Lowering lowering) {
    SlidingWindow window = form.window().raised(3);
    int m = window.outPixels();
    int taps = window.taps();
    MemorySegment table = lowering.allocate(4L * taps * m);
    for (int t = 0; t < taps; t++) {
      int kw = t % window.kernel(2);
      int kh = t / window.kernel(2) % window.kernel(1);
      int kd = t / window.kernel(2) / window.kernel(1);
      for (int i = 0; i < m; i++) {
        int w = window.position(2, i % window.out(2), kw);
        int h = window.position(1, i / window.out(2) % window.out(1), kh);
        int d = window.position(0, i / window.out(2) / window.out(1), kd);
        boolean inside = d >= 0 && h >= 0 && w >= 0;
        long pixel = ((long) d * window.in(1) + h) * window.in(2) + w;
        set(table, m, t, i, inside ? offset(pixel * form.inChannels()) : GemmShape.PADDING);
      }
    }
    GemmShape shape =
        new GemmShape(
            m, form.groupOutputs(), form.groupChannels(), taps, 0, table, form.outChannels());
    long imageElements = (long) window.inPixels() * form.inChannels();
    return new ConvRows(shape, form.batch(), imageElements, false, 0, 0);
  }

  private static void set(MemorySegment table, int m, int tap, int row, int offset) {
    table.set(Tensor.I32, 4L * ((long) tap * m + row), offset);
  }

  /** An element offset as tables hold it. */
  static int offset(long elements) {
    if (elements > Integer.MAX_VALUE) {
      throw new dev.lathe.error.UnsupportedException(
          dev.lathe.error.Problem.of("image of more than 2^31 elements", "convolution"));
    }
    return (int) elements;
  }

  /** Whether some row is a padding mark, so that a row of zeros must be there. */
  boolean marksPadding() {
    return shape.rowOffsets() != null;
  }
}
