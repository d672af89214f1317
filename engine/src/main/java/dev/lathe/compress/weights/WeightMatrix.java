package dev.lathe.compress.weights;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;

/**
 * A weight in the order of its {@link WeightView}: filter by filter, matrix by matrix, each filter
 * {@code k} weights of which index {@code tap * channels + channel} is one.
 */
public final class WeightMatrix {

  private WeightMatrix() {}

  /** Place of an element in the matrix. */
  public static int index(WeightView view, int batch, int row, int tap, int channel) {
    return (batch * view.n() + row) * view.k() + tap * view.channels() + channel;
  }

  /** A copy, {@code [batches * n][k]}. */
  public static double[] of(Weight weight) {
    WeightView view = weight.view();
    double[] matrix = new double[view.elements()];
    view.forEach(
        (at, batch, row, tap, channel) ->
            matrix[index(view, batch, row, tap, channel)] = weight.tensor().real(at));
    return matrix;
  }

  /** The same of a float32 weight, as it is. */
  public static float[] floats(Weight weight) {
    WeightView view = weight.view();
    float[] matrix = new float[view.elements()];
    view.forEach(
        (at, batch, row, tap, channel) ->
            matrix[index(view, batch, row, tap, channel)] = weight.tensor().f32(at));
    return matrix;
  }

  /** The float32 tensor of the weight's shape that holds a matrix. */
  public static Tensor tensor(Weight weight, float[] matrix) {
    WeightView view = weight.view();
    Tensor result = Tensor.zeros(DType.FLOAT32, weight.tensor().shape());
    view.forEach(
        (at, batch, row, tap, channel) ->
            put(result, at, matrix[index(view, batch, row, tap, channel)]));
    return result;
  }

  /**
   * A tensor of the weight's type and shape that holds a matrix, each number rounded once. Numbers
   * that the weight holds already keep their bits.
   */
  public static Tensor tensor(Weight weight, double[] matrix) {
    WeightView view = weight.view();
    DType dtype = weight.tensor().dtype();
    Tensor result = Tensor.zeros(dtype, weight.tensor().shape());
    view.forEach(
        (at, batch, row, tap, channel) ->
            put(result, at, matrix[index(view, batch, row, tap, channel)]));
    return result;
  }

  private static void put(Tensor tensor, int at, double value) {
    switch (tensor.dtype()) {
      case FLOAT32 -> tensor.data().set(Tensor.F32, 4L * at, (float) value);
      case FLOAT64 -> tensor.data().set(Tensor.F64, 8L * at, value);
      case FLOAT16 -> tensor.data().set(Tensor.I16, 2L * at, Float.floatToFloat16((float) value));
      case BFLOAT16 -> tensor.data().set(Tensor.I16, 2L * at, bfloat16((float) value));
      default -> throw new IllegalArgumentException("not a weight: " + tensor);
    }
  }

  /** Rounds half to even. */
  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }
}
