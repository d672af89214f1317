package dev.lathe.graph;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a value once the graph's inputs have concrete shapes: its type, its shape, and
 * its contents when they don't depend on the inputs' contents.
 */
public record TensorFact(DType dtype, Shape shape, @Nullable Tensor value) {

  public static TensorFact of(DType dtype, Shape shape) {
    return new TensorFact(dtype, shape, null);
  }

  public static TensorFact constant(Tensor value) {
    return new TensorFact(value.dtype(), value.shape(), value);
  }

  public boolean isConstant() {
    return value != null;
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
