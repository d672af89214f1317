package dev.lathe.compress.weights;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The weights of a {@link WeightView} row by row: filter after filter, within one tap after tap,
 * the input channels of a tap side by side.
 */
public final class WeightRows {

  private WeightRows() {}

  /** The elements of a float32 weight. */
  public static float[] of(Weight weight) {
    float[] rows = new float[weight.view().elements()];
    forEach(weight.view(), (index, place) -> rows[place] = weight.tensor().f32(index));
    return rows;
  }

  /** The float32 tensor that has these rows. */
  public static Tensor tensor(WeightView view, float[] rows, Shape shape) {
    Tensor tensor = Tensor.zeros(DType.FLOAT32, shape);
    MemorySegment data = tensor.data();
    forEach(view, (index, place) -> data.set(Tensor.F32, index * 4L, rows[place]));
    return tensor;
  }

  private interface Visitor {
    void accept(int index, int place);
  }

  private static void forEach(WeightView view, Visitor visitor) {
    view.forEach(
        (index, batch, row, tap, channel) ->
            visitor.accept(
                index, ((batch * view.n() + row) * view.taps() + tap) * view.channels() + channel));
  }
}
