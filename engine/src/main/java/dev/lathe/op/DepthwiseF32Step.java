package dev.lathe.op;

import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An fp32 depthwise convolution over a batch of NHWC images. */
final class DepthwiseF32Step extends ImageRowsStep {

  private final DepthwiseF32 depthwise;
  private final FloatEpilogue epilogue;
  private final MemorySegment weights;

  DepthwiseF32Step(
      DepthwiseF32 depthwise,
      Window window,
      int images,
      FloatEpilogue epilogue,
      MemorySegment weights,
      Slot src,
      @Nullable Slot addend,
      Slot dst) {
    super(window, images, 4, src, addend, dst);
    this.depthwise = depthwise;
    this.epilogue = epilogue;
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
