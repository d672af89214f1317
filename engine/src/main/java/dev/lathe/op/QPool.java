package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.PoolU8;
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
 * uint8 pooling over NHWC on {@link PoolU8}: QMaxPool (x), QAveragePool and QGlobalAveragePool (x,
 * x_scale, x_zero_point, y_scale, y_zero_point; all but x constant).
 */
final class QPool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Key.lathe("QMaxPool"), Key.lathe("QAveragePool"), Key.lathe("QGlobalAveragePool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    if (inference.dtype(0) != DType.UINT8) {
      throw GraphErrors.invalid(
          inference.node(), "input 0 is " + inference.dtype(0) + ", expected uint8");
    }
    return Checks.one(DType.UINT8, NhwcPool.outputShape(inference));
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    PoolWindows windows = NhwcPool.windows(lowering.node(), shape);
    Window window = windows.window(shape.intDim(3));
    boolean max = lowering.node().opType().equals("QMaxPool");
    MemorySegment ratios = max ? null : ratios(lowering, windows);
    int zeroPoint = max ? 0 : QuantizedWeights.zeroPoint(lowering, 2);
    int outZeroPoint = max ? 0 : QuantizedWeights.zeroPoint(lowering, 4);
    lowering.emit(
        new PoolStep(
            lowering.kernels().pick(PoolU8.class),
            ratios,
            zeroPoint,
            outZeroPoint,
            window,
            shape.intDim(0),
            lowering.input(0),
            lowering.output(0)));
  }

  private static MemorySegment ratios(Lowering lowering, PoolWindows windows) {
    float scale = QuantizedWeights.scalar(lowering, 1);
    float outScale = QuantizedWeights.scalar(lowering, 3);
    int height = windows.out(0);
    int width = windows.out(1);
    MemorySegment ratios = lowering.allocate(4L * height * width);
    for (int oh = 0; oh < height; oh++) {
      for (int ow = 0; ow < width; ow++) {
        int counted = NhwcPool.counted(lowering.node(), windows, oh, ow);
        ratios.set(Tensor.F32, 4L * (oh * width + ow), scale / (outScale * counted));
      }
    }
    return ratios;
  }

  private static final class PoolStep extends ImageRowsStep {
    private final PoolU8 pool;
    private final @Nullable MemorySegment ratios;
    private final int zeroPoint;
    private final int outZeroPoint;

    PoolStep(
        PoolU8 pool,
        @Nullable MemorySegment ratios,
        int zeroPoint,
        int outZeroPoint,
        Window window,
        int images,
        Slot src,
        Slot dst) {
      super(window, images, 1, src, null, dst);
      this.pool = pool;
      this.ratios = ratios;
      this.zeroPoint = zeroPoint;
      this.outZeroPoint = outZeroPoint;
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
          window,
          ratios,
          zeroPoint,
          outZeroPoint,
          frame.segment(src),
          srcAt,
          frame.segment(dst),
          dstAt,
          rowFrom,
          rowTo);
    }

    @Override
    public String kernel() {
      return pool.name().toString();
    }
  }
}
