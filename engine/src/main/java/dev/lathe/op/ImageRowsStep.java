package dev.lathe.op;

import dev.lathe.kernel.Window;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A windowed operation over a batch of NHWC images, split statically by output rows in image order.
 */
abstract class ImageRowsStep implements Step {

  final Window window;
  final Slot src;
  final Slot dst;
  private final @Nullable Slot addend;
  private final int images;
  private final int elementBytes;

  ImageRowsStep(
      Window window, int images, int elementBytes, Slot src, @Nullable Slot addend, Slot dst) {
    this.window = window;
    this.images = images;
    this.elementBytes = elementBytes;
    this.src = src;
    this.addend = addend;
    this.dst = dst;
  }

  /** Computes output rows [rowFrom, rowTo) of the image at the byte offsets. */
  abstract void rows(
      Frame frame,
      long srcAt,
      @Nullable MemorySegment addend,
      long addendAt,
      long dstAt,
      int rowFrom,
      int rowTo);

  private long allRows() {
    return (long) images * window.outHeight();
  }

  @Override
  public final int parts(int threads) {
    return Math.clamp(allRows(), 1, threads);
  }

  @Override
  public final void run(Frame frame, int part, int parts) {
    int height = window.outHeight();
    int end = (int) (allRows() * (part + 1) / parts);
    for (int row = (int) (allRows() * part / parts); row < end; ) {
      int image = row / height;
      int stop = Math.min(end, (image + 1) * height);
      long out = elementBytes * window.outElements() * image;
      rows(
          frame,
          frame.at(src) + elementBytes * window.inElements() * image,
          addend == null ? null : frame.segment(addend),
          addend == null ? 0 : frame.at(addend) + out,
          frame.at(dst) + out,
          row - image * height,
          stop - image * height);
      row = stop;
    }
  }
}
