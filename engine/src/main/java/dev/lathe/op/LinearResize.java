package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Multilinear interpolation of fp32 values: every output element is the weighted sum of the 2^k
 * input elements around it, k the number of axes that change; positions outside are clamped.
 */
final class LinearResize implements RangeStep.Body {

  private static final int MAX_AXES = 8;

  private final Slot src;
  private final Slot dst;
  private final long[] dims;
  private final long[][] lower;
  private final long[][] upper;
  private final float[][] weights;
  private final int[] changing;

  private LinearResize(Lowering lowering, Shape input, double[][] positions) {
    int rank = positions.length;
    this.src = lowering.input(0);
    this.dst = lowering.output(0);
    this.dims = lowering.outputFact(0).shape().dims();
    this.lower = new long[rank][];
    this.upper = new long[rank][];
    this.weights = new float[rank][];
    List<Integer> blended = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      if (tabulate(axis, positions[axis], input.dim(axis), input.strides()[axis])) {
        blended.add(axis);
      }
    }
    this.changing = blended.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Emits the step. */
  static void emit(Lowering lowering, Shape input, double[][] positions) {
    LinearResize resize = new LinearResize(lowering, input, positions);
    if (resize.changing.length > MAX_AXES) {
      throw Checks.unsupported(
          lowering.node(), resize.changing.length + " axes change", "up to " + MAX_AXES + " axes");
    }
    long elements = lowering.outputFact(0).shape().elements();
    lowering.emit(
        new RangeStep(
            "resize",
            elements,
            RangeStep.CACHE_LINE_GRAIN,
            elements * (8L << resize.changing.length),
            resize));
  }

  /** Fills the tables of an axis; returns whether any position lies between two elements. */
  private boolean tabulate(int axis, double[] positions, long extent, long stride) {
    int count = positions.length;
    lower[axis] = new long[count];
    upper[axis] = new long[count];
    weights[axis] = new float[count];
    boolean between = false;
    for (int i = 0; i < count; i++) {
      double position = Math.clamp(positions[i], 0.0, extent - 1.0);
      long floor = (long) position;
      lower[axis][i] = floor * stride;
      upper[axis][i] = Math.min(floor + 1, extent - 1) * stride;
      weights[axis][i] = (float) (position - floor);
      between |= weights[axis][i] != 0;
    }
    return between;
  }

  @Override
  public void run(Frame frame, long from, long to) {
    for (long i = from; i < to; i++) {
      float sum = 0;
      for (int corner = 0; corner < 1 << changing.length; corner++) {
        sum += corner(frame, i, corner);
      }
      frame.segment(dst).set(Tensor.F32, frame.at(dst) + 4 * i, sum);
    }
  }

  /** One corner's value times its weight; bit b of the corner picks the upper neighbour. */
  private float corner(Frame frame, long element, int corner) {
    long offset = 0;
    float weight = 1;
    int bit = changing.length - 1;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      int index = (int) (element % dims[axis]);
      element /= dims[axis];
      if (bit < 0 || changing[bit] != axis) {
        offset += lower[axis][index];
        continue;
      }
      boolean up = (corner >> bit & 1) != 0;
      offset += up ? upper[axis][index] : lower[axis][index];
      weight *= up ? weights[axis][index] : 1 - weights[axis][index];
      bit--;
    }
    return weight == 0
        ? 0
        : weight * frame.segment(src).get(Tensor.F32, frame.at(src) + 4 * offset);
  }
}
