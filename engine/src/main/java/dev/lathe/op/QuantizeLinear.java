package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * QuantizeLinear: {@code saturate(rint(x / scale) + zero_point)}, the division in float32, NaN to
 * the zero point. uint8 with one scale runs on {@link QuantizeU8}.
 */
final class QuantizeLinear implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("QuantizeLinear"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType from = inference.dtype(0);
    if (from != DType.FLOAT32 && from != DType.INT32) {
      throw Checks.unsupported(node, "input 0 is " + from, "float32, int32");
    }
    Checks.requireF32(inference, 1);
    QuantParamsLayout.of(inference);
    return Checks.one(target(inference), inference.shape(0));
  }

  private static DType target(Inference inference) {
    Node node = inference.node();
    int code = Math.toIntExact(node.intAttribute("output_dtype", 0));
    DType wanted = code == 0 ? null : DType.ofCode(code);
    DType type = inference.has(2) ? inference.dtype(2) : wanted == null ? DType.UINT8 : wanted;
    if (wanted != null && wanted != type) {
      throw GraphErrors.invalid(node, "output_dtype is " + wanted + ", the zero point is " + type);
    }
    return switch (type) {
      case UINT8, INT8, UINT16, INT16, UINT4, INT4 -> type;
      default ->
          throw Checks.unsupported(
              node, "the result is " + type, "int4, uint4, int8, uint8, int16, uint16");
    };
  }

  @Override
  public void lower(Lowering lowering) {
    QuantParamsLayout layout = QuantParamsLayout.of(lowering.inference());
    Slot dst = lowering.output(0);
    boolean fast =
        layout.perTensor()
            && lowering.fact(0).dtype() == DType.FLOAT32
            && dst.fact().dtype() == DType.UINT8;
    if (fast) {
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
                kernel.quantize(
                    params.scale(frame, 0),
                    (int) params.zeroPoint(frame, 0),
                    frame.segment(src),
                    frame.at(src) + from * 4,
                    frame.segment(dst),
                    frame.at(dst) + from,
                    to - from)));
  }

  private static void plain(Lowering lowering, QuantParamsLayout layout, Slot dst) {
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    DType from = src.fact().dtype();
    DType to = dst.fact().dtype();
    long high = (1L << (to.bits() - (isSigned(to) ? 1 : 0))) - 1;
    long low = isSigned(to) ? -high - 1 : 0;
    long count = dst.fact().shape().elements();
    lowering.emit(
        new RangeStep(
            "quantize",
            count,
            2 * RangeStep.CACHE_LINE_GRAIN,
            count * 8,
            (frame, first, end) -> {
              MemorySegment out = frame.segment(dst);
              for (long i = first; i < end; ) {
                long index = layout.scaleOf(i);
                float divisor = params.scale(frame, index);
                long zero = params.zeroPoint(frame, index);
                for (long last = i + layout.run(i, end); i < last; i++) {
                  float x = (float) Elements.getDouble(from, frame.segment(src), frame.at(src), i);
                  long q = saturatingAdd(Math.rint(x / divisor), zero);
                  Elements.putLong(to, out, frame.at(dst), i, Math.clamp(q, low, high));
                }
              }
            }));
  }

  private static long saturatingAdd(double rounded, long zero) {
    return (long) Math.clamp(Double.isNaN(rounded) ? 0 : rounded, -0x1p40, 0x1p40) + zero;
  }

  private static boolean isSigned(DType type) {
    return type == DType.INT8 || type == DType.INT16 || type == DType.INT4;
  }
}
