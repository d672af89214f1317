package dev.lathe.quant;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Ranges, quantization and dequantization of whole float32 tensors, such as weights. */
public final class TensorQuantizer {

  private TensorQuantizer() {}

  /** Index of the first element that is NaN or infinite, or -1. */
  public static long firstNonFinite(Tensor tensor) {
    for (long i = 0; i < tensor.elements(); i++) {
      if (!Float.isFinite(tensor.f32(i))) {
        return i;
      }
    }
    return -1;
  }

  /** Range of all elements; an empty tensor has the range [0, 0]. All must be finite. */
  public static Range range(Tensor tensor) {
    return ranges(tensor, QuantParams.PER_TENSOR).getFirst();
  }

  /** Ranges per index of an axis; all elements must be finite. */
  public static List<Range> ranges(Tensor tensor, int axis) {
    Walk walk = Walk.along(tensor.shape(), axis);
    float[] min = new float[walk.count];
    float[] max = new float[walk.count];
    java.util.Arrays.fill(min, Float.POSITIVE_INFINITY);
    java.util.Arrays.fill(max, Float.NEGATIVE_INFINITY);
    walk.forEach(
        (element, index) -> {
          float x = tensor.f32(element);
          min[index] = Math.min(min[index], x);
          max[index] = Math.max(max[index], x);
        });
    List<Range> ranges = new ArrayList<>();
    for (int i = 0; i < walk.count; i++) {
      ranges.add(min[i] > max[i] ? new Range(0, 0) : new Range(min[i], max[i]));
    }
    return ranges;
  }

  /** The levels of every element, in the type of the parameters. */
  public static Tensor quantize(Tensor tensor, QuantParams params) {
    Tensor levels = Tensor.zeros(params.levels().dtype(), tensor.shape());
    walk(tensor.shape(), params)
        .forEach(
            (element, index) -> put(levels, element, params.quantize(tensor.f32(element), index)));
    return levels;
  }

  /** Integers in a type of 8 or 16 bits. */
  public static Tensor integers(DType type, int[] values, long... dims) {
    Tensor tensor = Tensor.zeros(type, Shape.of(dims));
    for (int i = 0; i < values.length; i++) {
      put(tensor, i, values[i]);
    }
    return tensor;
  }

  private static void put(Tensor levels, long element, int level) {
    if (levels.dtype().bits() == 16) {
      levels.data().set(Tensor.I16, element * 2, (short) level);
    } else {
      levels.data().set(Tensor.I8, element, (byte) level);
    }
  }

  /** The float32 values that levels stand for. */
  public static Tensor dequantize(Tensor levels, QuantParams params) {
    Tensor values = Tensor.zeros(DType.FLOAT32, levels.shape());
    MemorySegment data = values.data();
    walk(levels.shape(), params)
        .forEach(
            (element, index) ->
                data.set(
                    Tensor.F32,
                    element * 4,
                    params.dequantize((int) levels.integer(element), index)));
    return values;
  }

  private static Walk walk(Shape shape, QuantParams params) {
    Walk walk = Walk.along(shape, params.axis());
    if (walk.count != params.count()) {
      throw new IllegalArgumentException(
          params.count() + " scales for axis " + params.axis() + " of " + shape);
    }
    return walk;
  }

  /** Visits elements in row-major order, each with its index along an axis. */
  private record Walk(long outer, int count, long inner) {

    interface Visitor {
      void visit(long element, int index);
    }

    static Walk along(Shape shape, int axis) {
      return axis == QuantParams.PER_TENSOR
          ? new Walk(1, 1, shape.elements())
          : new Walk(
              shape.product(0, axis), shape.intDim(axis), shape.product(axis + 1, shape.rank()));
    }

    void forEach(Visitor visitor) {
      long element = 0;
      for (long block = 0; block < outer; block++) {
        for (int index = 0; index < count; index++) {
          for (long i = 0; i < inner; i++) {
            visitor.visit(element++, index);
          }
        }
      }
    }
  }
}
