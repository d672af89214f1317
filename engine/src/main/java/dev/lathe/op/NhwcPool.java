package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.PoolF32;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * fp32 pooling over NHWC: MaxPool, AveragePool (attributes of ONNX's two-dimensional ones) and
 * GlobalAveragePool, on {@link PoolF32}.
 */
final class NhwcPool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("MaxPool"), Key.lathe("AveragePool"), Key.lathe("GlobalAveragePool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireF32(inference, 0);
    return Checks.one(DType.FLOAT32, outputShape(inference));
  }

  /** The NHWC output shape of a two-dimensional pooling node. */
  static Shape outputShape(Inference inference) {
    inference.requireRank(0, 4);
    Shape shape = inference.shape(0);
    long[] spatial = windows(inference.node(), shape).outputs();
    return Shape.of(shape.dim(0), spatial[0], spatial[1], shape.dim(3));
  }

  /** The windows of a two-dimensional pooling node over an NHWC shape. */
  static PoolWindows windows(Node node, Shape shape) {
    return node.opType().contains("Global")
        ? PoolWindows.global(node, shape.dim(1), shape.dim(2))
        : PoolWindows.of(node, shape.dim(1), shape.dim(2));
  }

  /** The number of taps an average counts at one output pixel. */
  static int counted(Node node, PoolWindows windows, int oh, int ow) {
    boolean includePads = node.intAttribute("count_include_pad", 0) != 0;
    return windows.counted(0, oh, includePads) * windows.counted(1, ow, includePads);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    PoolWindows windows = windows(lowering.node(), shape);
    Window window = windows.window(shape.intDim(3));
    MemorySegment divisors =
        lowering.node().opType().equals("MaxPool") ? null : divisors(lowering, windows);
    lowering.emit(
        new PoolStep(
            lowering.kernels().pick(PoolF32.class),
            divisors,
            window,
            shape.intDim(0),
            lowering.input(0),
            lowering.output(0)));
  }

  private static MemorySegment divisors(Lowering lowering, PoolWindows windows) {
    int height = windows.out(0);
    int width = windows.out(1);
    MemorySegment divisors = lowering.allocate(4L * height * width);
    for (int oh = 0; oh < height; oh++) {
      for (int ow = 0; ow < width; ow++) {
        int counted = counted(lowering.node(), windows, oh, ow);
        divisors.set(Tensor.F32, 4L * (oh * width + ow), counted);
      }
    }
    return divisors;
  }

  private static final class PoolStep extends ImageRowsStep {
    private final PoolF32 pool;
    private final @Nullable MemorySegment divisors;

    PoolStep(
        PoolF32 pool,
        @Nullable MemorySegment divisors,
        Window window,
        int images,
        Slot src,
        Slot dst) {
      super(window, images, 4, src, null, dst);
      this.pool = pool;
      this.divisors = divisors;
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
      pool.run(
          window, divisors, frame.segment(src), srcAt, frame.segment(dst), dstAt, rowFrom, rowTo);
    }

    @Override
    public String kernel() {
      return pool.name().toString();
    }
  }
}
