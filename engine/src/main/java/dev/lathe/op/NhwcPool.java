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
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * fp32 pooling over NHWC or NDHWC: MaxPool, AveragePool (attributes of ONNX's) and
 * GlobalAveragePool, on {@link PoolF32}. Three axes are pooled in two steps, planes first, depth
 * then.
 */
final class NhwcPool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("MaxPool"), Key.lathe("AveragePool"), Key.lathe("GlobalAveragePool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireF32(inference, 0);
    if (inference.shape(0).rank() != 5) {
      return Checks.one(DType.FLOAT32, outputShape(inference));
    }
    return Checks.one(DType.FLOAT32, outputOf(inference));
  }

  /** The NHWC output shape of a two-dimensional pooling node. */
  static Shape outputShape(Inference inference) {
    inference.requireRank(0, 4);
    return outputOf(inference);
  }

  private static Shape outputOf(Inference inference) {
    Shape shape = inference.shape(0);
    long[] spatial = windows(inference.node(), shape).outputs();
    return Gather.join(new long[] {shape.dim(0)}, spatial, new long[] {shape.dim(-1)});
  }

  /** The windows of a pooling node over a shape [N, spatial..., C]. */
  static PoolWindows windows(Node node, Shape shape) {
    long[] spatial = Arrays.copyOfRange(shape.dims(), 1, shape.rank() - 1);
    return node.opType().contains("Global")
        ? PoolWindows.global(node, spatial)
        : PoolWindows.of(node, spatial);
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
    int channels = shape.intDim(-1);
    Slot src = lowering.input(0);
    if (lowering.output(0).fact().shape().elements() == 0) {
      return;
    }
    Window window = windows.window(channels);
    if (windows.axes() == 2) {
      emit(
          lowering,
          window,
          shape.intDim(0),
          divisors(lowering, windows, 0),
          src,
          lowering.output(0));
      return;
    }
    int planes = shape.intDim(0) * windows.in(0);
    Slot pooled = lowering.scratch(4L * planes * window.outElements());
    emit(lowering, window, planes, divisors(lowering, windows, 1), src, pooled);
    Window depth = windows.depthWindow(channels);
    MemorySegment divisors = depthDivisors(lowering, windows);
    emit(lowering, depth, shape.intDim(0), divisors, pooled, lowering.output(0));
  }

  private static void emit(
      Lowering lowering,
      Window window,
      int images,
      @Nullable MemorySegment divisors,
      Slot src,
      Slot dst) {
    PoolF32 kernel = lowering.kernels().pick(PoolF32.class);
    lowering.emit(new PoolStep(kernel, divisors, window, images, src, dst));
  }

  /** What the sums over two axes from {@code axis} on are divided by; null for maxima. */
  private static @Nullable MemorySegment divisors(
      Lowering lowering, PoolWindows windows, int axis) {
    Node node = lowering.node();
    if (node.opType().equals("MaxPool")) {
      return null;
    }
    boolean includePads = node.intAttribute("count_include_pad", 0) != 0;
    int height = windows.out(axis);
    int width = windows.out(axis + 1);
    MemorySegment divisors = lowering.allocate(4L * height * width);
    for (int oh = 0; oh < height; oh++) {
      int rows = windows.counted(axis, oh, includePads);
      for (int ow = 0; ow < width; ow++) {
        int counted = rows * windows.counted(axis + 1, ow, includePads);
        divisors.set(Tensor.F32, 4L * (oh * width + ow), counted);
      }
    }
    return divisors;
  }

  private static @Nullable MemorySegment depthDivisors(Lowering lowering, PoolWindows windows) {
    Node node = lowering.node();
    if (node.opType().equals("MaxPool")) {
      return null;
    }
    boolean includePads = node.intAttribute("count_include_pad", 0) != 0;
    int planes = windows.out(1) * windows.out(2);
    MemorySegment divisors = lowering.allocate(4L * windows.out(0) * planes);
    for (int od = 0; od < windows.out(0); od++) {
      int counted = windows.counted(0, od, includePads);
      for (int i = 0; i < planes; i++) {
        divisors.set(Tensor.F32, 4L * (od * planes + i), counted);
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
