package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.List;

/**
 * QuantizeLinear: {@code saturate(rint(x / scale) + zero_point)}, the division in float32, NaN to
 * the zero point; from operator set 23 on the quotient is rounded to the scale's type (or {@code
 * precision}), as that version says. Levels of 4 or 8 bits in floating point are {@code x / scale +
 * zero_point}, rounded to them. uint8 from float32 with one scale runs on {@link QuantizeU8}.
 */
final class QuantizeLinear implements Operator {

  private static final int EXPLICIT_PRECISION = 23;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("QuantizeLinear"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    requireReal(inference, 0);
    requireReal(inference, 1);
    QuantParamsLayout.of(inference);
    return Checks.one(target(inference), inference.shape(0));
  }

  private static void requireReal(Inference inference, int input) {
    switch (inference.dtype(input)) {
      case FLOAT32, FLOAT16, BFLOAT16, INT32 -> {}
      default ->
          throw Checks.unsupported(
              inference.node(),
              "input " + input + " is " + inference.dtype(input),
              "float32, float16, bfloat16, int32");
    }
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
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1 -> type;
      default ->
          throw Checks.unsupported(
              node,
              "the result is " + type,
              "int4, uint4, int8, uint8, int16, uint16, float4e2m1, the four float8 types");
    };
  }

  @Override
  public void lower(Lowering lowering) {
    QuantParamsLayout layout = QuantParamsLayout.of(lowering.inference());
    Slot dst = lowering.output(0);
    DType to = dst.fact().dtype();
    boolean floats =
        layout.perTensor()
            && lowering.fact(0).dtype() == DType.FLOAT32
            && lowering.fact(1).dtype() == DType.FLOAT32;
    if (floats && to == DType.UINT8) {
      vectorized(lowering, dst);
    } else if (floats && SixteenBitLevels.are(to) && precision(lowering) == DType.FLOAT32) {
      SixteenBitLevels.quantize(lowering, dst);
    } else {
      emit(lowering, layout, dst, to.isFloat() ? minifloat(lowering, to) : levels(to));
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

  /** Stores the level of a quotient. */
  @FunctionalInterface
  private interface Store {
    void put(Frame frame, QuantSlots params, long param, float quotient, Slot dst, long element);
  }

  private static Store levels(DType to) {
    boolean signed = to == DType.INT8 || to == DType.INT16 || to == DType.INT4;
    long high = (1L << (to.bits() - (signed ? 1 : 0))) - 1;
    long low = signed ? -high - 1 : 0;
    return (frame, params, param, quotient, dst, element) -> {
      double rounded = Math.rint(quotient);
      long steps = (long) Math.clamp(Double.isNaN(rounded) ? 0 : rounded, -0x1p40, 0x1p40);
      long level = Math.clamp(steps + params.zeroPoint(frame, param), low, high);
      Elements.putLong(to, frame.segment(dst), frame.at(dst), element, level);
    };
  }

  private static Store minifloat(Lowering lowering, DType to) {
    boolean saturate = lowering.node().intAttribute("saturate", 1) != 0;
    return (frame, params, param, quotient, dst, element) -> {
      float value = quotient + params.realZeroPoint(frame, param);
      Elements.putMinifloat(to, frame.segment(dst), frame.at(dst), element, value, saturate);
    };
  }

  private static DType precision(Lowering lowering) {
    if (lowering.inference().opset() < EXPLICIT_PRECISION) {
      return DType.FLOAT32;
    }
    int code = Math.toIntExact(lowering.node().intAttribute("precision", 0));
    DType type = code == 0 ? lowering.fact(1).dtype() : DType.ofCode(code);
    return type.isFloat() ? type : DType.FLOAT32;
  }

  private static void emit(Lowering lowering, QuantParamsLayout layout, Slot dst, Store store) {
    Slot src = lowering.input(0);
    QuantSlots params = QuantSlots.of(lowering);
    DType from = src.fact().dtype();
    DType precision = precision(lowering);
    long count = dst.fact().shape().elements();
    lowering.emit(
        new RangeStep(
            "quantize",
            count,
            2 * RangeStep.CACHE_LINE_GRAIN,
            count * 8,
            (frame, first, end) -> {
              for (long i = first; i < end; ) {
                long index = layout.scaleOf(i);
                float divisor = params.scale(frame, index);
                for (long last = i + layout.run(i, end); i < last; i++) {
                  float x = (float) Elements.getDouble(from, frame.segment(src), frame.at(src), i);
                  float quotient = Elements.rounded(precision, x / divisor);
                  store.put(frame, params, index, quotient, dst, i);
                }
              }
            }));
  }
}
