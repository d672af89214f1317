package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.kernel.SlabShape;

/**
 * Fills the slab of a {@link SlabShape} from an NHWC image: pixels become columns, what lies
 * outside the image zeros. Everything is an absolute address of memory the caller has checked.
 */
final class SlabF32 {

  /** Channels whose cache lines are filled before the next ones are begun: even. */
  private static final int CHANNELS = 64;

  private final Transposer transposer;

  SlabF32(Transposer transposer) {
    this.transposer = transposer;
  }

  /** Copies what output rows [row, row + rows) read. */
  void fill(SlabShape shape, long image, long slab, int row, int rows) {
    int cellRows = rows + shape.height().reach();
    for (int lane = 0; lane < shape.height().lanes(); lane++) {
      long to = slab + 4L * lane * shape.width().lanes() * shape.lanePitch();
      if (shape.isColumn()) {
        column(shape, image, to, lane, row, cellRows);
      } else {
        for (int cell = 0; cell < cellRows; cell++) {
          int y = shape.height().input(lane, row + cell);
          row(shape, image, to + 4L * cell * shape.pitch(), y);
        }
      }
    }
  }

  /** All cells of a lane of rows, where a row is a single cell. */
  private void column(SlabShape shape, long image, long to, int lane, int row, int cells) {
    int x = shape.width().input(0, 0);
    boolean inside = x >= 0 && x < shape.width().in();
    int from = inside ? Math.clamp(shape.height().cellFrom(lane) - (long) row, 0, cells) : cells;
    int end = inside ? Math.clamp(shape.height().cellTo(lane) - (long) row, from, cells) : cells;
    long rowBytes = 4 * shape.lhsStride() * shape.width().in();
    long first = shape.height().input(lane, row + from) * rowBytes + 4L * x * shape.lhsStride();
    cells(shape, image + first, shape.height().stride() * rowBytes, to, from, end, cells);
  }

  /** A row of every lane of columns. */
  private void row(SlabShape shape, long image, long to, int y) {
    int pitch = shape.pitch();
    boolean inside = y >= 0 && y < shape.height().in();
    long pixelBytes = 4 * shape.lhsStride();
    for (int lane = 0; lane < shape.width().lanes(); lane++) {
      int from = inside ? Math.min(pitch, shape.width().cellFrom(lane)) : pitch;
      int end = inside ? Math.clamp(shape.width().cellTo(lane), from, pitch) : pitch;
      long pixel = (long) y * shape.width().in() + shape.width().input(lane, from);
      long cells = to + 4L * lane * shape.lanePitch();
      long step = shape.width().stride() * pixelBytes;
      cells(shape, image + pixel * pixelBytes, step, cells, from, end, pitch);
    }
  }

  /**
   * Some cells of every channel: [from, end) come from pixels {@code step} bytes apart, the others
   * up to {@code cells} are zeros.
   */
  private void cells(
      SlabShape shape, long pixels, long step, long to, int from, int end, int cells) {
    int k = shape.k();
    long channelBytes = 4L * shape.planePitch();
    if (from > 0 || end < cells) {
      zeros(to, k, channelBytes, 0, from);
      zeros(to, k, channelBytes, end, cells);
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
        long pixel = pixels + first * step + 4L * kk;
        transposer.strip(pixel, step, channels, at + kk * channelBytes + 4L * first, channelBytes);
      }
    }
    scalars(pixels, step, at, channelBytes, count, k & ~1, k);
  }

  private static void zeros(long to, int k, long channelBytes, int from, int end) {
    for (int kk = 0; kk < k; kk++) {
      long channel = to + kk * channelBytes;
      for (int cell = from; cell < end; cell++) {
        ALL.set(F32, (channel + 4L * cell) & ADDRESS, 0f);
      }
    }
  }

  private static void scalars(
      long pixels, long step, long to, long channelBytes, int count, int kFrom, int kTo) {
    for (int p = 0; p < count; p++) {
      long from = pixels + p * step;
      long at = to + 4L * p;
      for (int kk = kFrom; kk < kTo; kk++) {
        float x = ALL.get(F32, (from + 4L * kk) & ADDRESS);
        ALL.set(F32, (at + kk * channelBytes) & ADDRESS, x);
      }
    }
  }
}
