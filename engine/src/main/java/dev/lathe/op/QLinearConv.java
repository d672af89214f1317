package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.quant.Arithmetic;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * QLinearConv (x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B) in the
 * forms that do not become dev.lathe.QConv before: three spatial axes and more, parameters known
 * only in the run. See {@link IntegerConv}.
 */
final class QLinearConv implements Operator {

  private static final int WEIGHTS = 3;
  private static final int WEIGHT_SCALE = 4;
  private static final int DST_SCALE = 6;
  private static final int DST_ZERO = 7;
  private static final int BIAS = 8;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("QLinearConv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Shape result = IntegerConv.infer(inference, 0, 2, WEIGHTS, 5);
    long channels = inference.shape(WEIGHTS).dim(0);
    RunScale.checkSingle(inference, 1);
    RunScale.check(inference, WEIGHT_SCALE);
    RunScale.checkSingle(inference, DST_SCALE);
    ZeroPoint.requireCount(inference, WEIGHT_SCALE, channels, 1);
    ZeroPoint.requireCount(inference, DST_ZERO, 1, 1);
    DType type = inference.dtype(DST_ZERO);
    if (!type.isInt8()) {
      throw Checks.unsupported(inference.node(), "the result is " + type, "int8, uint8");
    }
    boolean biased = inference.has(BIAS);
    if (biased
        && (inference.dtype(BIAS) != DType.INT32 || inference.shape(BIAS).elements() != channels)) {
      throw GraphErrors.invalid(
          inference.node(), "bias is " + inference.fact(BIAS) + ", expected int32 " + channels);
    }
    return Checks.one(type, result);
  }

  @Override
  public void lower(Lowering lowering) {
    IntegerConv conv = IntegerConv.of(lowering, 0, 2, WEIGHTS, 5);
    IntegerConv.Sums sums = conv.emit();
    ZeroPoint zeroPoint = conv.zeroPoint();
    ZeroPoint dstZero = ZeroPoint.of(lowering, DST_ZERO, 0);
    RunScale scale = RunScale.of(lowering, 1);
    RunScale weightScale = RunScale.of(lowering, WEIGHT_SCALE);
    RunScale dstScale = RunScale.of(lowering, DST_SCALE);
    @Nullable Slot bias = lowering.has(BIAS) ? lowering.input(BIAS) : null;
    int channels = conv.form().outChannels();
    int pixels = conv.form().pixels();
    Slot dst = lowering.output(0);
    int min = dst.fact().dtype() == DType.INT8 ? -128 : 0;
    lowering.emit(
        RangeStep.units(
            "requantize",
            (long) conv.form().images() * channels,
            2L * pixels,
            (frame, from, to) -> {
              int zero = zeroPoint.get(frame, 0);
              int added = dstZero.get(frame, 0);
              for (long unit = from; unit < to; unit++) {
                int channel = (int) (unit % channels);
                int offset = -zero * sums.weightSums()[channel];
                if (bias != null) {
                  offset += frame.segment(bias).get(Tensor.I32, frame.at(bias) + 4L * channel);
                }
                float weight = weightScale.get(frame, weightScale.count() == 1 ? 0 : channel);
                float ratio =
                    Arithmetic.requantizeScale(scale.get(frame, 0), weight, dstScale.get(frame, 0));
                long first = unit / channels * pixels * channels + channel;
                long at = frame.at(dst) + unit * pixels;
                for (int p = 0; p < pixels; p++) {
                  int sum = sums.get(frame, first + (long) p * channels) + offset;
                  int q = Arithmetic.requantize(sum, ratio, added, min, min + 255);
                  frame.segment(dst).set(Tensor.I8, at + p, (byte) q);
                }
              }
            }));
  }
}
