package dev.lathe.op;

import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * An operand of a contraction: a stride per label, 0 for labels it does not have. A label that an
 * operand has twice walks its diagonal; one of extent 1 that others have longer is broadcast.
 */
final class EinsumView {

  private final EinsumEquation equation;
  private final Slot slot;
  private final DType type;
  private final boolean[] has;
  private final long[] strides;

  private EinsumView(EinsumEquation equation, Slot slot, DType type) {
    this.equation = equation;
    this.slot = slot;
    this.type = type;
    this.has = new boolean[equation.labels()];
    this.strides = new long[equation.labels()];
  }

  /** An operand of the node. */
  static EinsumView operand(EinsumEquation equation, Lowering lowering, int input) {
    Shape shape = lowering.fact(input).shape();
    EinsumView view = new EinsumView(equation, lowering.input(input), lowering.fact(input).dtype());
    int[] labels = equation.term(input);
    long[] strides = shape.strides();
    for (int axis = 0; axis < labels.length; axis++) {
      if (shape.dim(axis) == equation.extent(labels[axis])) {
        view.has[labels[axis]] = true;
        view.strides[labels[axis]] += strides[axis];
      }
    }
    return view;
  }

  /** A dense value whose axes are {@code labels}. */
  static EinsumView dense(EinsumEquation equation, Slot slot, DType type, int[] labels) {
    EinsumView view = new EinsumView(equation, slot, type);
    long stride = 1;
    for (int i = labels.length - 1; i >= 0; i--) {
      view.has[labels[i]] = true;
      view.strides[labels[i]] = stride;
      stride *= equation.extent(labels[i]);
    }
    return view;
  }

  Slot slot() {
    return slot;
  }

  DType type() {
    return type;
  }

  boolean has(int label) {
    return has[label];
  }

  /** Its labels, those that advance it furthest first. */
  int[] labels() {
    return IntStream.range(0, has.length)
        .filter(label -> has[label])
        .boxed()
        .sorted(Comparator.comparingLong((Integer label) -> -strides[label]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Strides along labels. */
  long[] strides(int[] labels) {
    return IntStream.of(labels).mapToLong(label -> strides[label]).toArray();
  }

  /** Whether its elements lie in the row-major order of labels. */
  boolean isDense(int[] labels) {
    return sameOrder(dense(equation, slot, type, labels), labels);
  }

  private boolean sameOrder(EinsumView other, int[] labels) {
    int[] longer = IntStream.of(labels).filter(label -> equation.extent(label) != 1).toArray();
    return Arrays.equals(strides(longer), other.strides(longer));
  }

  /** Emits a copy into another view along its labels. */
  void emitCopy(Lowering lowering, EinsumView target, int[] labels) {
    StridedCopy.emit(
        lowering,
        "transpose",
        type.bits() / 8,
        IntStream.of(labels).mapToLong(equation::extent).toArray(),
        slot,
        0,
        strides(labels),
        target.slot,
        0,
        target.strides(labels));
  }
}
