package dev.lathe.op;

import static dev.lathe.tensor.Tensor.F32;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.QuantizeU8;
import dev.lathe.kernel.RangeF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * DynamicQuantizeLinear: x to uint8 by its own range, widened to hold 0; scale {@code (max - min) /
 * 255}, zero point {@code saturate(rint(-min / scale))}. All zeros get scale 1 (the specification
 * leaves it open); NaN in x makes the scale NaN.
 */
final class DynamicQuantizeLinear implements Operator {

  private static final int RANGE_BYTES = 8;

  /** Elements that are worth a part of their own. */
  private static final long CHUNK = 4096;

  private static final long MAX_CHUNKS = 64;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("DynamicQuantizeLinear"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireF32(inference, 0);
    List<String> outputs = inference.node().outputs();
    if (outputs.size() != 3 || outputs.contains("")) {
      throw GraphErrors.invalid(inference.node(), "yields " + outputs + ", expected three values");
    }
    return List.of(
        TensorFact.of(DType.UINT8, inference.shape(0)),
        TensorFact.of(DType.FLOAT32, Shape.scalar()),
        TensorFact.of(DType.UINT8, Shape.scalar()));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    long count = src.fact().shape().elements();
    long chunks = Math.clamp(count / CHUNK, 1, MAX_CHUNKS);
    Slot ranges = lowering.scratch(RANGE_BYTES * chunks);
    RangeF32 range = lowering.kernels().pick(RangeF32.class);
    lowering.emit(
        RangeStep.units(
            range.name().toString(),
            chunks,
            Math.ceilDiv(count, chunks),
            (frame, from, to) -> {
              for (long chunk = from; chunk < to; chunk++) {
                long first = count * chunk / chunks;
                range.run(
                    frame.segment(src),
                    frame.at(src) + 4 * first,
                    frame.segment(ranges),
                    frame.at(ranges) + RANGE_BYTES * chunk,
                    count * (chunk + 1) / chunks - first);
              }
            }));
    Slot dst = lowering.output(0);
    Slot scaleOut = lowering.output(1);
    Slot zeroOut = lowering.output(2);
    QuantizeU8 quantize = lowering.kernels().pick(QuantizeU8.class);
    RangeStep.Body body =
        (frame, from, to) -> {
          float min = min(frame, ranges, chunks);
          float max = max(frame, ranges, chunks);
          float scale = max == min ? 1 : (max - min) / 255;
          int zero = Math.clamp((long) Math.rint(-min / scale), 0, 255);
          if (from == 0) {
            frame.segment(scaleOut).set(F32, frame.at(scaleOut), scale);
            frame.segment(zeroOut).set(Tensor.I8, frame.at(zeroOut), (byte) zero);
          }
          quantize.quantize(
              scale,
              zero,
              frame.segment(src),
              frame.at(src) + 4 * from,
              frame.segment(dst),
              frame.at(dst) + from,
              Math.min(to, count) - from);
        };
    // An empty input has a scale, too.
    lowering.emit(RangeStep.elements(quantize.name().toString(), Math.max(1, count), body));
  }

  private static float min(Frame frame, Slot ranges, long chunks) {
    MemorySegment memory = frame.segment(ranges);
    float min = 0;
    for (long chunk = 0; chunk < chunks; chunk++) {
      min = Math.min(min, memory.get(F32, frame.at(ranges) + RANGE_BYTES * chunk));
    }
    return min;
  }

  private static float max(Frame frame, Slot ranges, long chunks) {
    MemorySegment memory = frame.segment(ranges);
    float max = 0;
    for (long chunk = 0; chunk < chunks; chunk++) {
      max = Math.max(max, memory.get(F32, frame.at(ranges) + RANGE_BYTES * chunk + 4));
    }
    return max;
  }
}
