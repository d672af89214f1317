package dev.lathe.runtime;

import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Tensors cut and put together between plans. Types of 8 bits and more. */
final class Tensors {

  private Tensors() {}

  static Tensor scalar(boolean value) {
    return Tensor.of(DType.BOOL, new byte[] {(byte) (value ? 1 : 0)});
  }

  static Tensor scalar(long value) {
    return Tensor.of(new long[] {value});
  }

  /** A copy on the heap. */
  static Tensor copy(Tensor tensor) {
    Tensor copy = Tensor.zeros(tensor.dtype(), tensor.shape());
    copy.data().copyFrom(tensor.data());
    return copy;
  }

  /** The slice at {@code index} of an axis, which disappears. */
  static Tensor slice(Tensor tensor, int axis, long index) {
    Shape shape = tensor.shape();
    Tensor slice = Tensor.zeros(tensor.dtype(), without(shape, axis));
    long inner = innerBytes(tensor.dtype(), shape, axis);
    long outer = inner == 0 ? 0 : tensor.data().byteSize() / inner / shape.dim(axis);
    for (long i = 0; i < outer; i++) {
      MemorySegment.copy(
          tensor.data(), (i * shape.dim(axis) + index) * inner, slice.data(), i * inner, inner);
    }
    return slice;
  }

  /** Slices of one type and shape put side by side along a new axis. */
  static Tensor stack(List<Tensor> slices, DType dtype, Shape of, int axis) {
    Shape shape = with(of, axis, slices.size());
    Tensor whole = Tensor.zeros(dtype, shape);
    long inner = innerBytes(dtype, shape, axis);
    for (int index = 0; index < slices.size(); index++) {
      MemorySegment data = slices.get(index).data();
      long outer = inner == 0 ? 0 : data.byteSize() / inner;
      for (long i = 0; i < outer; i++) {
        MemorySegment.copy(
            data, i * inner, whole.data(), (i * slices.size() + index) * inner, inner);
      }
    }
    return whole;
  }

  private static long innerBytes(DType dtype, Shape shape, int axis) {
    long elements = 1;
    for (int i = axis + 1; i < shape.rank(); i++) {
      elements *= shape.dim(i);
    }
    return dtype.bytesFor(elements);
  }

  private static Shape without(Shape shape, int axis) {
    long[] dims = new long[shape.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i < axis ? i : i + 1);
    }
    return Shape.of(dims);
  }

  private static Shape with(Shape shape, int axis, long size) {
    long[] dims = new long[shape.rank() + 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i == axis ? size : shape.dim(i < axis ? i : i - 1);
    }
    return Shape.of(dims);
  }
}
