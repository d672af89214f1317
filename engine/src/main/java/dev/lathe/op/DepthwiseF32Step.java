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
  private final @Nullable FusedActivation activation;

  DepthwiseF32Step(
      DepthwiseF32 depthwise,
      Window window,
      int images,
      FloatEpilogue epilogue,
      MemorySegment weights,
      @Nullable FusedActivation activation,
      Slot src,
      @Nullable Slot addend,
      Slot dst) {
    super(window, images, 4, src, addend, dst);
    this.depthwise = depthwise;
    this.epilogue = epilogue;
    this.weights = weights;
    this.activation = activation;
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
    int columns = window.outWidth() * window.channels();
    int step = activation == null ? rowTo - rowFrom : FusedActivation.chunkRows(columns, 1);
    for (int row = rowFrom; row < rowTo; row += step) {
      int end = Math.min(rowTo, row + step);
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
          row,
          end);
      if (activation != null) {
        long at = dstAt + 4L * row * columns;
        activation.apply(frame.segment(dst), at, end - row, columns, columns);
      }
    }
  }

  @Override
  public String kernel() {
    return activation == null
        ? depthwise.name().toString()
        : depthwise.name() + " " + activation.kernel().name();
  }
}
