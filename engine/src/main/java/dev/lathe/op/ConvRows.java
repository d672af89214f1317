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
 * @param images products per run: 1 when all images are merged into one
 * @param imageElements elements between the images' lhs bases
 * @param merged whether taps are whole kernel rows over a padded copy
 * @param paddedHeight rows of the padded copy; the image's own when no copy is made
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

  static ConvRows of(ConvForm form, Lowering lowering) {
    int n = form.groupOutputs();
    SlidingWindow window = form.window();
    if (form.pointwise()) {
      int m = Math.multiplyExact(form.batch(), window.outPixels());
      GemmShape shape =
          new GemmShape(m, n, form.groupChannels(), 1, form.inChannels(), null, form.outChannels());
      return new ConvRows(shape, 1, 0, false, window.in(0), window.in(1));
    }
    boolean merged =
        form.groups() == 1
            && form.inChannels() < FEW_CHANNELS
            && window.kernel(1) > 1
            && window.dilation(1) == 1;
    return merged ? merged(form, lowering) : tapped(form, lowering);
  }

  private static ConvRows merged(ConvForm form, Lowering lowering) {
    SlidingWindow window = form.window();
    int height = Math.max(window.in(0), window.lastRead(0) + 1) + window.before(0);
    int width = Math.max(window.in(1), window.lastRead(1) + 1) + window.before(1);
    int channels = form.inChannels();
    int m = window.outPixels();
    int taps = window.kernel(0);
    MemorySegment table = lowering.allocate(4L * taps * m);
    for (int t = 0; t < taps; t++) {
      for (int i = 0; i < m; i++) {
        int oh = i / window.out(1);
        int ow = i % window.out(1);
        long row = (long) oh * window.stride(0) + (long) t * window.dilation(0);
        long column = (long) ow * window.stride(1);
        table.set(Tensor.I32, 4L * ((long) t * m + i), offset((row * width + column) * channels));
      }
    }
    GemmShape shape =
        new GemmShape(
            m, form.outChannels(), window.kernel(1) * channels, taps, 0, table, form.outChannels());
    return new ConvRows(shape, form.batch(), (long) height * width * channels, true, height, width);
  }

  private static ConvRows tapped(ConvForm form, Lowering lowering) {
    SlidingWindow window = form.window();
    var geometry = form.kernelWindow();
    int m = window.outPixels();
    int taps = geometry.taps();
    MemorySegment table = lowering.allocate(4L * taps * m);
    for (int t = 0; t < taps; t++) {
      int kh = t / geometry.kernelWidth();
      int kw = t % geometry.kernelWidth();
      for (int i = 0; i < m; i++) {
        int row = geometry.inRow(i / geometry.outWidth(), kh);
        int column = geometry.inColumn(i % geometry.outWidth(), kw);
        boolean inside = geometry.rowInside(row) && geometry.columnInside(column);
        long pixel = (long) row * geometry.inWidth() + column;
        table.set(
            Tensor.I32,
            4L * ((long) t * m + i),
            inside ? offset(pixel * form.inChannels()) : GemmShape.PADDING);
      }
    }
    GemmShape shape =
        new GemmShape(
            m, form.groupOutputs(), form.groupChannels(), taps, 0, table, form.outChannels());
    return new ConvRows(
        shape, form.batch(), geometry.inElements(), false, window.in(0), window.in(1));
  }

  private static int offset(long elements) {
    if (elements > Integer.MAX_VALUE) {
      throw new dev.lathe.error.UnsupportedException(
          dev.lathe.error.Problem.of("image of more than 2^31 elements", "convolution"));
    }
    return (int) elements;
  }

  long paddedElements(int channels) {
    return (long) paddedHeight * paddedWidth * channels;
  }
}
