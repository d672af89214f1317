package dev.lathe.pass;

import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The axes of a Transpose: axis {@code i} of the result is axis {@code at(i)} of the operand.
 * Unlike an array, comparable.
 */
final class Permutation {

  private final int[] axes;

  private Permutation(int... axes) {
    this.axes = axes;
  }

  static Permutation of(int... axes) {
    return new Permutation(axes.clone());
  }

  /** The permutation of a Transpose; null when it isn't one, or reverses axes of unknown number. */
  static @Nullable Permutation of(@Nullable Node node) {
    if (node == null || !node.is("Transpose")) {
      return null;
    }
    long[] axes = node.intsAttribute("perm");
    if (axes == null) {
      return null;
    }
    int[] normalized = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      normalized[i] = (int) (axes[i] < 0 ? axes[i] + axes.length : axes[i]);
    }
    int[] sorted = normalized.clone();
    Arrays.sort(sorted);
    boolean complete = Arrays.equals(sorted, IntStream.range(0, axes.length).toArray());
    return complete ? new Permutation(normalized) : null;
  }

  int rank() {
    return axes.length;
  }

  /** The operand's axis that becomes axis {@code axis}, which may count from the end. */
  int at(long axis) {
    return axes[(int) (axis < 0 ? axis + axes.length : axis)];
  }

  int[] axes() {
    return axes.clone();
  }

  Permutation inverse() {
    int[] inverse = new int[axes.length];
    for (int i = 0; i < axes.length; i++) {
      inverse[axes[i]] = i;
    }
    return new Permutation(inverse);
  }

  /** First this, then {@code next}. */
  Permutation then(Permutation next) {
    return new Permutation(Arrays.stream(next.axes).map(axis -> axes[axis]).toArray());
  }

  boolean isIdentity() {
    return IntStream.range(0, axes.length).allMatch(i -> axes[i] == i);
  }

  /** Whether only axes of extent 1 change places, so that no element moves. */
  boolean keepsOrder(Shape operand) {
    int last = -1;
    for (int axis : axes) {
      if (operand.dim(axis) != 1) {
        if (axis < last) {
          return false;
        }
        last = axis;
      }
    }
    return true;
  }

  /** The transposed copy of a tensor of whole-byte elements. */
  Tensor apply(Tensor tensor) {
    Shape shape = tensor.shape();
    Tensor result = Tensor.zeros(tensor.dtype(), shape.permute(axes));
    long[] strides = shape.strides();
    long[] index = new long[axes.length];
    int bytes = tensor.dtype().bits() / 8;
    for (long i = 0; i < result.elements(); i++) {
      long from = 0;
      for (int axis = 0; axis < axes.length; axis++) {
        from += index[axis] * strides[axes[axis]];
      }
      java.lang.foreign.MemorySegment.copy(
          tensor.data(), from * bytes, result.data(), i * bytes, bytes);
      advance(index, result.shape());
    }
    return result;
  }

  private static void advance(long[] index, Shape shape) {
    for (int axis = index.length - 1; axis >= 0; axis--) {
      if (++index[axis] < shape.dim(axis)) {
        return;
      }
      index[axis] = 0;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Permutation that && Arrays.equals(axes, that.axes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(axes);
  }

  @Override
  public String toString() {
    return Arrays.toString(axes);
  }
}
