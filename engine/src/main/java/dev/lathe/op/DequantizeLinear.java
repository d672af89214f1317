package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * DequantizeLinear: {@code float(x - zero_point) * scale}, in float32. uint8 with one scale runs on
 * {@link QuantizeU8}.
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
      default ->
          throw Checks.unsupported(
              node,
              "input 0 is " + inference.dtype(0),
              "int4, uint4, int8, uint8, int16, uint16, int32");
    }
    Checks.requireF32(inference, 1);
    if (inference.has(2)) {
      Checks.requireSameType(inference, 0, 2);
    }
    int code = Math.toIntExact(node.intAttribute("output_dtype", DType.FLOAT32.code()));
    if (code != 0 && DType.ofCode(code) != DType.FLOAT32) {
      throw Checks.unsupported(node, "output_dtype is " + DType.ofCode(code), "float32");
    }
    QuantParamsLayout.of(inference);
    return Checks.one(DType.FLOAT32, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    QuantParamsLayout layout = QuantParamsLayout.of(lowering.inference());
    Slot dst = lowering.output(0);
    if (layout.perTensor() && lowering.fact(0).dtype() == DType.UINT8) {
      vectorized(lowering, dst);
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
                long zero = params.zeroPoint(frame, index);
                for (long last = i + layout.run(i, end); i < last; i++) {
                  long x = Elements.getLong(from, frame.segment(src), frame.at(src), i);
                  float value = (float) (x - zero) * factor;
                  frame.segment(dst).set(Tensor.F32, frame.at(dst) + 4 * i, value);
                }
              }
            }));
  }
}
