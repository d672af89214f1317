package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.SlabShape;
import org.jspecify.annotations.Nullable;

/**
 * Fills the slab of a {@link SlabShape}, float32, from an NHWC image of float32 or uint8: pixels
 * become columns, what lies outside the image a given number. Everything is an absolute address of
 * memory the caller has checked.
 */
final class Slab {

  /** Channels whose cache lines are filled before the next ones are begun: even. */
  private static final int CHANNELS = 64;

  /** Bytes of so many channels that were widened, and of a vector more. */
  private static final long WIDENED_BYTES = 4 * (CHANNELS + 16);

  private final Transposer transposer;

  /** What widens uint8; null for images of float32. */
  private final @Nullable StagesU8S8 bytes;

  private final long elementBytes;

  private Slab(Isa isa, @Nullable StagesU8S8 bytes) {
    this.transposer = Specialization.of(VectorTransposer.class, isa, Transposer.Kind.COPY);
    this.bytes = bytes;
    this.elementBytes = bytes == null ? 4 : 1;
  }

  static Slab ofFloats(Isa isa) {
    return new Slab(isa, null);
  }

  static Slab ofBytes(Isa isa, StagesU8S8 bytes) {
    return new Slab(isa, bytes);
  }

  /** Bytes of working memory {@link #fill} needs. */
  long workBytes() {
    return bytes == null ? 0 : WIDENED_BYTES * transposer.rows();
  }

  /**
   * Copies what output rows [row, row + rows) read.
   *
   * @param outside what elements outside the image are
   * @param work {@link #workBytes} of working memory
   */
  void fill(SlabShape shape, long image, float outside, long work, long slab, int row, int rows) {
    int cellRows = rows + shape.height().reach();
    for (int lane = 0; lane < shape.height().lanes(); lane++) {
      long to = slab + 4L * lane * shape.width().lanes() * shape.lanePitch();
      if (shape.isColumn()) {
        column(shape, image, outside, work, to, lane, row, cellRows);
      } else {
        for (int cell = 0; cell < cellRows; cell++) {
          int y = shape.height().input(lane, row + cell);
          row(shape, image, outside, work, to + 4L * cell * shape.pitch(), y);
        }
      }
    }
  }

  /** All cells of a lane of rows, where a row is a single cell. */
  private void column(
      SlabShape shape,
      long image,
      float outside,
      long work,
      long to,
      int lane,
      int row,
      int cells) {
    int x = shape.width().input(0, 0);
    boolean inside = x >= 0 && x < shape.width().in();
    int from = inside ? Math.clamp(shape.height().cellFrom(lane) - (long) row, 0, cells) : cells;
    int end = inside ? Math.clamp(shape.height().cellTo(lane) - (long) row, from, cells) : cells;
    long pixelBytes = elementBytes * shape.lhsStride();
    long rowBytes = pixelBytes * shape.width().in();
    long first = image + shape.height().input(lane, row + from) * rowBytes + x * pixelBytes;
    long step = shape.height().stride() * rowBytes;
    cells(shape, first, step, outside, work, to, from, end, cells);
  }

  /** A row of every lane of columns. */
  private void row(SlabShape shape, long image, float outside, long work, long to, int y) {
    int pitch = shape.pitch();
    boolean inside = y >= 0 && y < shape.height().in();
    long pixelBytes = elementBytes * shape.lhsStride();
    for (int lane = 0; lane < shape.width().lanes(); lane++) {
      int from = inside ? Math.min(pitch, shape.width().cellFrom(lane)) : pitch;
      int end = inside ? Math.clamp(shape.width().cellTo(lane), from, pitch) : pitch;
      long pixel = (long) y * shape.width().in() + shape.width().input(lane, from);
      long cells = to + 4L * lane * shape.lanePitch();
      long step = shape.width().stride() * pixelBytes;
      long first = image + pixel * pixelBytes;
      cells(shape, first, step, outside, work, cells, from, end, pitch);
    }
  }

  /**
   * Some cells of every channel: [from, end) come from pixels {@code step} bytes apart, the others
   * up to {@code cells} lie outside.
   */
  private void cells(
      SlabShape shape,
      long pixels,
      long step,
      float outside,
      long work,
      long to,
      int from,
      int end,
      int cells) {
    int k = shape.k();
    long channelBytes = 4L * shape.planePitch();
    if (from > 0 || end < cells) {
      fill(to, k, channelBytes, 0, from, outside);
      fill(to, k, channelBytes, end, cells, outside);
    }
    int count = end - from;
    int strip = transposer.rows();
    long at = to + 4L * from;
    if (count < strip) {
      scalars(pixels, step, at, channelBytes, count, 0, k);
      return;
    }
    for (int kk = 0; kk < (k & ~1); kk += CHANNELS) {
      int channels = Math.min(CHANNELS, (k & ~1) - kk);
      for (int p = 0; p < count; p += strip) {
        int first = Math.min(p, count - strip);
        long pixel = pixels + first * step + elementBytes * kk;
        strip(pixel, step, channels, work, at + kk * channelBytes + 4L * first, channelBytes);
      }
    }
    scalars(pixels, step, at, channelBytes, count, k & ~1, k);
  }

  private void strip(long pixels, long step, int channels, long work, long to, long channelBytes) {
    if (bytes == null) {
      transposer.strip(pixels, step, channels, to, channelBytes);
      return;
    }
    for (int row = 0; row < transposer.rows(); row++) {
      bytes.widen(pixels + row * step, work + row * WIDENED_BYTES, channels);
    }
    transposer.strip(work, WIDENED_BYTES, channels, to, channelBytes);
  }

  private static void fill(long to, int k, long channelBytes, int from, int end, float outside) {
    for (int kk = 0; kk < k; kk++) {
      long channel = to + kk * channelBytes;
      for (int cell = from; cell < end; cell++) {
        ALL.set(F32, (channel + 4L * cell) & ADDRESS, outside);
      }
    }
  }

  private void scalars(
      long pixels, long step, long to, long channelBytes, int count, int kFrom, int kTo) {
    for (int p = 0; p < count; p++) {
      long from = pixels + p * step;
      long at = to + 4L * p;
      for (int kk = kFrom; kk < kTo; kk++) {
        long element = (from + elementBytes * kk) & ADDRESS;
        float x = bytes == null ? ALL.get(F32, element) : Byte.toUnsignedInt(ALL.get(I8, element));
        ALL.set(F32, (at + kk * channelBytes) & ADDRESS, x);
      }
    }
  }
}
