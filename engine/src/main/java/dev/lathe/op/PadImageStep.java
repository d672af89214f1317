package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import java.lang.foreign.MemorySegment;

/**
 * Copies NHWC images into larger ones with a border of one byte value: {@code dst[n][h + top][w +
 * left] = src[n][h][w]}.
 *
 * @param pixelBytes bytes per pixel
 * @param value what every byte of the border holds
 */
record PadImageStep(
    Slot src,
    Slot dst,
    int images,
    int inHeight,
    int inWidth,
    int outHeight,
    int outWidth,
    int top,
    int left,
    int pixelBytes,
    byte value)
    implements Step {

  @Override
  public int parts(int threads) {
    return Math.min(threads, images * outHeight);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    MemorySegment from = frame.segment(src);
    MemorySegment to = frame.segment(dst);
    long inRow = (long) inWidth * pixelBytes;
    long outRow = (long) outWidth * pixelBytes;
    long leftBytes = (long) left * pixelBytes;
    long copied = Math.min(inRow, outRow - leftBytes);
    int rows = images * outHeight;
    int end = (int) ((long) rows * (part + 1) / parts);
    for (int r = (int) ((long) rows * part / parts); r < end; r++) {
      long at = frame.at(dst) + r * outRow;
      int image = r / outHeight;
      int h = r % outHeight - top;
      if (h < 0 || h >= inHeight) {
        fill(to, at, outRow);
        continue;
      }
      fill(to, at, leftBytes);
      long source = frame.at(src) + ((long) image * inHeight + h) * inRow;
      MemorySegment.copy(from, source, to, at + leftBytes, copied);
      fill(to, at + leftBytes + copied, outRow - leftBytes - copied);
    }
  }

  private void fill(MemorySegment to, long at, long bytes) {
    for (long i = 0; i < bytes; i++) {
      to.set(java.lang.foreign.ValueLayout.JAVA_BYTE, at + i, value);
    }
  }

  @Override
  public String kernel() {
    return "pad";
  }
}
