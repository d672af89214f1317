package dev.lathe.op;

import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An integer depthwise convolution over a batch of NHWC images. */
final class DepthwiseU8S8Step extends ImageRowsStep {

  private final DepthwiseU8S8 depthwise;
  private final Requantize epilogue;
  private final int srcZeroPoint;
  private final MemorySegment weights;

  DepthwiseU8S8Step(
      DepthwiseU8S8 depthwise,
      Window window,
      int images,
      Requantize epilogue,
      int srcZeroPoint,
      MemorySegment weights,
      Slot src,
      @Nullable Slot addend,
      Slot dst) {
    super(window, images, 1, src, addend, dst);
    this.depthwise = depthwise;
    this.epilogue = epilogue;
    this.srcZeroPoint = srcZeroPoint;
    this.weights = weights;
  }

  @Override
  void rows(
      Frame frame,
      long srcAt,
      @Nullable MemorySegment addend,
      long addendAt,
      long dstAt,
      int rowFrom,
      int rowTo) {
    depthwise.run(
        window,
        epilogue,
        weights,
        frame.segment(src),
        srcAt,
        srcZeroPoint,
        addend,
        addendAt,
        frame.segment(dst),
        dstAt,
        rowFrom,
        rowTo);
  }

  @Override
  public String kernel() {
    return depthwise.name().toString();
  }
}
