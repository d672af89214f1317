package dev.lathe.tensor;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A concrete shape: non-negative dimensions whose product fits a {@code long}. Rank 0 is a scalar.
 */
public final class Shape {

  private static final Shape SCALAR = new Shape(new long[0], 1);

  private final long[] dims;
  private final long elements;

  private Shape(long[] dims, long elements) {
    this.dims = dims;
    this.elements = elements;
  }

  /**
   * A shape of the given dimensions.
   *
   * @throws InvalidModelException when a dimension is negative or the product overflows
   */
  public static Shape of(long... dims) {
    if (dims.length == 0) {
      return SCALAR;
    }
    long[] copy = dims.clone();
    long product = 1;
    boolean empty = false;
    for (long dim : copy) {
      if (dim < 0) {
        throw invalid("negative dimension in shape " + Arrays.toString(copy));
      }
      if (dim == 0) {
        empty = true;
      } else if (Math.multiplyHigh(product, dim) != 0 || product * dim < 0) {
        throw invalid("number of elements overflows in shape " + Arrays.toString(copy));
      } else {
        product *= dim;
      }
    }
    return new Shape(copy, empty ? 0 : product);
  }

  public static Shape scalar() {
    return SCALAR;
  }

  private static InvalidModelException invalid(String what) {
    return new InvalidModelException(Problem.of(what, "shape"));
  }

  public int rank() {
    return dims.length;
  }

  /** The dimension of an axis; a negative axis counts from the end. */
  public long dim(int axis) {
    return dims[axis < 0 ? axis + dims.length : axis];
  }

  /**
   * A dimension that must fit an {@code int}, as every extent of a kernel does.
   *
   * @throws InvalidModelException when it does not
   */
  public int intDim(int axis) {
    long dim = dim(axis);
    if (dim > Integer.MAX_VALUE) {
      throw invalid("dimension " + dim + " of " + this + " exceeds 2^31-1");
    }
    return (int) dim;
  }

  public long[] dims() {
    return dims.clone();
  }

  public long elements() {
    return elements;
  }

  /** Product of the dimensions in {@code [from, to)}. */
  public long product(int from, int to) {
    long product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= dims[axis];
    }
    return product;
  }

  /** Row-major strides in elements. */
  public long[] strides() {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= dims[axis];
    }
    return strides;
  }

  /** This shape with one dimension replaced. */
  public Shape with(int axis, long dim) {
    long[] copy = dims.clone();
    copy[axis < 0 ? axis + dims.length : axis] = dim;
    return of(copy);
  }

  /** The shape whose axis {@code i} is this shape's axis {@code permutation[i]}. */
  public Shape permute(int... permutation) {
    long[] permuted = new long[dims.length];
    for (int axis = 0; axis < dims.length; axis++) {
      permuted[axis] = dims[permutation[axis]];
    }
    return of(permuted);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** As users of this field write it: {@code 1x3x224x224}; a scalar prints as {@code scalar}. */
  @Override
  public String toString() {
    return dims.length == 0
        ? "scalar"
        : Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining("x"));
  }
}
