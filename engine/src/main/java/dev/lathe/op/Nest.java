package dev.lathe.op;

import dev.lathe.tensor.Shape;
import java.util.Arrays;

/**
 * A loop nest that several operands are walked by in step: extents, and for each operand a stride
 * per axis in elements (0 repeats the operand, negative strides walk backwards). Axes of extent 1
 * are dropped and neighbours that every operand walks as one are merged, so that the innermost axis
 * is as long as it can be.
 *
 * <pre>
 * 2x64x28x28 + 64x1x1   ->  extents [2, 64, 784], strides lhs [50176, 784, 1], rhs [0, 1, 0]
 * </pre>
 */
final class Nest {

  private final long[] extents;
  private final long[][] strides;

  private Nest(long[] extents, long[][] strides) {
    this.extents = extents;
    this.strides = strides;
  }

  /**
   * The nest over {@code extents}.
   *
   * @param strides one list per operand, each as long as {@code extents}
   */
  static Nest of(long[] extents, long[]... strides) {
    long[] merged = new long[extents.length + 1];
    long[][] steps = new long[strides.length][extents.length + 1];
    int count = 0;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == 1) {
        continue;
      }
      if (count > 0 && mergeable(steps, count - 1, extents[axis], strides, axis)) {
        merged[count - 1] *= extents[axis];
        count--;
      } else {
        merged[count] = extents[axis];
      }
      for (int operand = 0; operand < strides.length; operand++) {
        steps[operand][count] = strides[operand][axis];
      }
      count++;
    }
    if (count == 0) {
      merged[count++] = 1;
    }
    for (int operand = 0; operand < strides.length; operand++) {
      steps[operand] = Arrays.copyOf(steps[operand], count);
    }
    return new Nest(Arrays.copyOf(merged, count), steps);
  }

  /** The nest over a whole output and operands broadcast to it; operand 0 is the output. */
  static Nest broadcast(Shape output, Shape... operands) {
    long[][] strides = new long[operands.length + 1][];
    strides[0] = output.strides();
    for (int i = 0; i < operands.length; i++) {
      strides[i + 1] = broadcastStrides(operands[i], output);
    }
    return of(output.dims(), strides);
  }

  /** Strides that read {@code shape} as if it were expanded to {@code output}, numpy's way. */
  static long[] broadcastStrides(Shape shape, Shape output) {
    long[] strides = new long[output.rank()];
    long[] own = shape.strides();
    int lead = output.rank() - shape.rank();
    for (int axis = 0; axis < shape.rank(); axis++) {
      strides[lead + axis] = shape.dim(axis) == 1 ? 0 : own[axis];
    }
    return strides;
  }

  private static boolean mergeable(
      long[][] steps, int outer, long extent, long[][] strides, int axis) {
    for (int operand = 0; operand < strides.length; operand++) {
      if (steps[operand][outer] != strides[operand][axis] * extent) {
        return false;
      }
    }
    return true;
  }

  int rank() {
    return extents.length;
  }

  long extent(int axis) {
    return extents[axis];
  }

  long stride(int operand, int axis) {
    return strides[operand][axis];
  }

  /** Extent of the innermost axis. */
  long inner() {
    return extents[extents.length - 1];
  }

  long innerStride(int operand) {
    return strides[operand][extents.length - 1];
  }

  /** Steps of the axes outside the innermost {@code axes}. */
  long outer(int axes) {
    long product = 1;
    for (int axis = 0; axis < extents.length - axes; axis++) {
      product *= extents[axis];
    }
    return product;
  }

  /** Element offset of an operand at step {@code index} of the axes outside the innermost ones. */
  long offset(int operand, long index, int axes) {
    long[] steps = strides[operand];
    long offset = 0;
    for (int axis = extents.length - axes - 1; axis >= 0; axis--) {
      long rest = index / extents[axis];
      offset += (index - rest * extents[axis]) * steps[axis];
      index = rest;
    }
    return offset;
  }

  /** The same nest with axis {@code from} moved to position {@code to}. */
  Nest moveAxis(int from, int to) {
    long[][] moved = new long[strides.length][];
    for (int operand = 0; operand < strides.length; operand++) {
      moved[operand] = moved(strides[operand], from, to);
    }
    return new Nest(moved(extents, from, to), moved);
  }

  private static long[] moved(long[] values, int from, int to) {
    long[] result = values.clone();
    long value = values[from];
    if (from < to) {
      System.arraycopy(values, from + 1, result, from, to - from);
    } else {
      System.arraycopy(values, to, result, to + 1, from - to);
    }
    result[to] = value;
    return result;
  }
}
