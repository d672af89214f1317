package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.RowsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The normalization of all axes from {@code axis} on: to mean 0 and variance 1, or to a mean square
 * of 1 ({@code centred} false); then times a scale and plus a bias.
 *
 * @param scale index of the scale among the inputs
 * @param bias index of the bias, which may be omitted
 */
record Normalization(Shape shape, int axis, boolean centred, float epsilon, int scale, int bias) {

  /** Checks shapes of the operands, and that they are of one type. */
  void check(Inference inference, DType type) {
    for (int input : new int[] {scale, bias}) {
      if (input == bias && !inference.has(bias)) {
        continue;
      }
      if (inference.dtype(input) != type) {
        throw GraphErrors.invalid(
            inference.node(),
            "input " + input + " is " + inference.dtype(input) + ", expected " + type);
      }
      Shape operand = inference.shape(input);
      if (!Checks.broadcast(inference.node(), shape, operand).equals(shape)) {
        throw GraphErrors.invalid(
            inference.node(), "input " + input + " " + operand + " does not broadcast to " + shape);
      }
    }
  }

  int length() {
    return Math.toIntExact(shape.product(axis, shape.rank()));
  }

  long rows() {
    return shape.product(0, axis);
  }

  /** Shape of the statistics: the normalized axes have extent 1. */
  Shape reduced() {
    long[] dims = shape.dims();
    Arrays.fill(dims, axis, dims.length, 1);
    return Shape.of(dims);
  }

  private RowsF32.Function function() {
    return centred ? RowsF32.Function.LAYER_NORM : RowsF32.Function.RMS_NORM;
  }

  /** dst = normalized src in fp32; both may be the same memory. */
  void emit(Lowering lowering, Slot src, Slot dst) {
    Tensor wholeScale = wholeRow(lowering, scale);
    Tensor wholeBias = wholeRow(lowering, bias);
    if (wholeScale != null && (wholeBias != null || !lowering.has(bias))) {
      Rows.normalize(
          lowering, function(), epsilon, wholeScale, wholeBias, src, dst, length(), rows());
      return;
    }
    Rows.normalize(lowering, function(), epsilon, src, dst, length(), rows());
    broadcast(lowering, BinaryF32.Function.MUL, dst, scale);
    if (lowering.has(bias)) {
      broadcast(lowering, BinaryF32.Function.ADD, dst, bias);
    }
  }

  private void broadcast(Lowering lowering, BinaryF32.Function function, Slot dst, int input) {
    Shape operand = lowering.fact(input).shape();
    Pointwise.binary(lowering, function, dst, shape, lowering.input(input), operand, dst, shape);
  }

  /** An operand that is known ahead and has the very shape of a row, else null. */
  private @Nullable Tensor wholeRow(Lowering lowering, int input) {
    Tensor value = lowering.constant(input);
    long[] row = Arrays.copyOfRange(shape.dims(), axis, shape.rank());
    return value != null && value.shape().equals(Shape.of(row)) ? value : null;
  }

  /** Where the statistics of the rows go; a null slot is not wanted. */
  record Statistics(@Nullable Slot mean, @Nullable Slot inverseDeviation) {

    boolean wanted() {
      return mean != null || inverseDeviation != null;
    }
  }

  /** Stores the statistics of each row, computed in double. */
  void emitStatistics(Lowering lowering, Slot src, DType type, Statistics out) {
    lowering.emit(
        RangeStep.units(
            "row statistics",
            rows(),
            8L * length(),
            (frame, from, to) -> {
              for (long row = from; row < to; row++) {
                double mean = mean(type, frame.segment(src), frame.at(src), row);
                if (out.mean != null) {
                  put(out.mean, frame.segment(out.mean), frame.at(out.mean), row, mean);
                }
                if (out.inverseDeviation != null) {
                  double inverse =
                      inverseDeviation(type, frame.segment(src), frame.at(src), row, mean);
                  Slot slot = out.inverseDeviation;
                  put(slot, frame.segment(slot), frame.at(slot), row, inverse);
                }
              }
            }));
  }

  /** Output 0 = normalized input 0 of any floating-point type, computed in double. */
  void emitPlain(Lowering lowering) {
    DType type = lowering.fact(0).dtype();
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    Slot factors = lowering.input(scale);
    Slot offsets = lowering.has(bias) ? lowering.input(bias) : factors;
    boolean hasBias = lowering.has(bias);
    Nest nest = Nest.broadcast(shape, lowering.fact(scale).shape(), offsets.fact().shape());
    int length = length();
    lowering.emit(
        RangeStep.units(
            "normalize",
            rows(),
            16L * length,
            (frame, from, to) -> {
              MemorySegment x = frame.segment(src);
              for (long row = from; row < to; row++) {
                double mean = mean(type, x, frame.at(src), row);
                double factor = inverseDeviation(type, x, frame.at(src), row, mean);
                for (long i = row * length; i < (row + 1) * length; i++) {
                  double y = (Elements.getDouble(type, x, frame.at(src), i) - mean) * factor;
                  y *= element(type, frame.segment(factors), frame.at(factors), nest, 1, i);
                  if (hasBias) {
                    y += element(type, frame.segment(offsets), frame.at(offsets), nest, 2, i);
                  }
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
                }
              }
            }));
  }

  private static double element(
      DType type, MemorySegment data, long base, Nest nest, int operand, long i) {
    long row = i / nest.inner();
    long inner = i - row * nest.inner();
    long at = nest.offset(operand, row, 1) + inner * nest.innerStride(operand);
    return Elements.getDouble(type, data, base, at);
  }

  private static void put(Slot slot, MemorySegment data, long base, long index, double value) {
    Elements.putDouble(slot.fact().dtype(), data, base, index, value);
  }

  private double mean(DType type, MemorySegment data, long base, long row) {
    if (!centred) {
      return 0;
    }
    int length = length();
    double sum = 0;
    for (long i = row * length; i < (row + 1) * length; i++) {
      sum += Elements.getDouble(type, data, base, i);
    }
    return sum / length;
  }

  private double inverseDeviation(
      DType type, MemorySegment data, long base, long row, double mean) {
    int length = length();
    double sum = 0;
    for (long i = row * length; i < (row + 1) * length; i++) {
      double d = Elements.getDouble(type, data, base, i) - mean;
      sum += d * d;
    }
    return 1 / Math.sqrt(sum / length + epsilon);
  }
}
