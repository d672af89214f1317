package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * NonZero: coordinates of the elements that are not zero, int64 [rank, count], in row-major order.
 * NaN is not zero; a scalar counts as a list of one. The contents decide the shape, so inference
 * computes the result.
 */
final class NonZero implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("NonZero"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireArithmetic(inference, 0);
    Tensor input = inference.requireValue(0, "the number of elements that are not zero");
    Shape shape = input.shape().rank() == 0 ? Shape.of(1) : input.shape();
    long zero = SortKey.of(type, Tensor.zeros(type, Shape.of(1)).data(), 0, 0);
    long count = 0;
    for (long i = 0; i < shape.elements(); i++) {
      count += SortKey.of(type, input.data(), 0, i) == zero ? 0 : 1;
    }
    Tensor result = Tensor.zeros(DType.INT64, Shape.of(shape.rank(), count));
    long column = 0;
    for (long i = 0; column < count; i++) {
      if (SortKey.of(type, input.data(), 0, i) != zero) {
        long rest = i;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
          long index = rest % shape.dim(axis);
          result.data().set(Tensor.I64, 8 * (axis * count + column), index);
          rest /= shape.dim(axis);
        }
        column++;
      }
    }
    return List.of(TensorFact.constant(result));
  }

  @Override
  public void lower(Lowering lowering) {
    Fill.emitKnown(lowering);
  }
}
