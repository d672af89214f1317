package dev.lathe.op;

import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An fp32 depthwise convolution over a batch of NHWC images, split over output rows. */
record DepthwiseF32Step(
    DepthwiseF32 depthwise,
    Window window,
    int images,
    FloatEpilogue epilogue,
    MemorySegment weights,
    Slot src,
    @Nullable Slot addend,
    Slot dst)
    implements Step {

  @Override
  public int parts(int threads) {
    return ImageRows.parts(images, window.outHeight(), threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    int height = window.outHeight();
    int end = ImageRows.from(images, height, part + 1, parts);
    for (int row = ImageRows.from(images, height, part, parts); row < end; ) {
      int image = row / height;
      int stop = Math.min(end, (image + 1) * height);
      long out = 4 * window.outElements() * image;
      depthwise.run(
          window,
          epilogue,
          weights,
          frame.segment(src),
          frame.at(src) + 4 * window.inElements() * image,
          addend == null ? null : frame.segment(addend),
          addend == null ? 0 : frame.at(addend) + out,
          frame.segment(dst),
          frame.at(dst) + out,
          row - image * height,
          stop - image * height);
      row = stop;
    }
  }

  @Override
  public String kernel() {
    return depthwise.name().toString();
  }
}
