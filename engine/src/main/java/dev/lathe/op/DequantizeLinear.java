package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * DequantizeLinear: {@code float(x - zero_point) * scale}, in float32, rounded to the result's
 * type, which is the scale's unless {@code output_dtype} says otherwise. uint8 with one scale runs
 * on {@link QuantizeU8}.
 */
final class DequantizeLinear implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("DequantizeLinear"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    switch (inference.dtype(0)) {
      case UINT8, INT8, UINT16, INT16, UINT4, INT4, INT32 -> {}
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1 -> {}
      default ->
          throw Checks.unsupported(
              node,
              "input 0 is " + inference.dtype(0),
              "int4, uint4, int8, uint8, int16, uint16, int32, float4e2m1, the four float8 types");
    }
    RunScale.check(inference, 1);
    if (inference.has(2)) {
      Checks.requireSameType(inference, 0, 2);
    }
    int code = Math.toIntExact(node.intAttribute("output_dtype", 0));
    DType type = code == 0 ? inference.dtype(1) : DType.ofCode(code);
    switch (type) {
      case FLOAT32, FLOAT16, BFLOAT16 -> {}
      default ->
          throw Checks.unsupported(node, "output_dtype is " + type, "float32, float16, bfloat16");
    }
    QuantParamsLayout.of(inference);
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    QuantParamsLayout layout = QuantParamsLayout.of(lowering.inference());
    Slot dst = lowering.output(0);
    boolean floats =
        layout.perTensor()
            && lowering.fact(1).dtype() == DType.FLOAT32
            && dst.fact().dtype() == DType.FLOAT32;
    DType from = lowering.fact(0).dtype();
    if (floats && from == DType.UINT8) {
      vectorized(lowering, dst);
    } else if (floats && SixteenBitLevels.are(from)) {
      SixteenBitLevels.dequantize(lowering, dst);
    } else {
      plain(lowering, layout, dst);
    }
  }

  private static void vectorized(Lowering lowering, Slot dst) {
    QuantizeU8 kernel = lowering.kernels().pick(QuantizeU8.class);
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    lowering.emit(
        RangeStep.elements(
            kernel.name().toString(),
            dst.fact().shape().elements(),
            (frame, from, to) ->
                kernel.dequantize(
                    params.scale(frame, 0),
                    (int) params.zeroPoint(frame, 0),
                    frame.segment(src),
                    frame.at(src) + from,
                    frame.segment(dst),
                    frame.at(dst) + from * 4,
                    to - from)));
  }

  private static void plain(Lowering lowering, QuantParamsLayout layout, Slot dst) {
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    DType from = src.fact().dtype();
    DType to = dst.fact().dtype();
    long count = dst.fact().shape().elements();
    lowering.emit(
        new RangeStep(
            "dequantize",
            count,
            RangeStep.CACHE_LINE_GRAIN,
            count * 4,
            (frame, first, end) -> {
              for (long i = first; i < end; ) {
                long index = layout.scaleOf(i);
                float factor = params.scale(frame, index);
                double zero = params.realZeroPoint(frame, index);
                for (long last = i + layout.run(i, end); i < last; i++) {
                  double x = Elements.getDouble(from, frame.segment(src), frame.at(src), i);
                  float value = (float) (x - zero) * factor;
                  Elements.putDouble(to, frame.segment(dst), frame.at(dst), i, value);
                }
              }
            }));
  }
}
