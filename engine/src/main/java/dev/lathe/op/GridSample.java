package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * GridSample: reads x [n, c, spatial...] at the positions a grid [n, out..., axes] names, the last
 * spatial axis first, -1 to 1 from one end of an axis to the other (Jaderberg et al., "Spatial
 * Transformer Networks", 2015). Nearest for all types, linear and cubic (Keys, a = -0.75) computed
 * in double.
 */
final class GridSample implements Operator {

  private enum Mode {
    NEAREST(1),
    LINEAR(2),
    CUBIC(4);

    final int taps;

    Mode(int taps) {
      this.taps = taps;
    }

    /** Named with the prefix "bi" before opset 20. */
    static Mode of(Node node) {
      String mode = node.textAttribute("mode", "linear");
      return switch (mode) {
        case "nearest" -> NEAREST;
        case "linear", "bilinear" -> LINEAR;
        case "cubic", "bicubic" -> CUBIC;
        default -> throw GraphErrors.invalid(node, "attribute 'mode' is '" + mode + "'");
      };
    }
  }

  private enum Padding {
    ZEROS,
    BORDER,
    REFLECTION;

    static Padding of(Node node) {
      String padding = node.textAttribute("padding_mode", "zeros");
      return switch (padding) {
        case "zeros" -> ZEROS;
        case "border" -> BORDER;
        case "reflection" -> REFLECTION;
        default -> throw GraphErrors.invalid(node, "attribute 'padding_mode' is '" + padding + "'");
      };
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("GridSample"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Padding.of(node);
    if (Mode.of(node) == Mode.NEAREST) {
      Checks.requireWholeBytes(inference, 0);
    } else {
      Checks.requireNumeric(inference, 0);
    }
    Checks.requireReal(inference, 1);
    Shape x = inference.shape(0);
    Shape grid = inference.shape(1);
    int axes = x.rank() - 2;
    if (axes < 1 || grid.rank() != axes + 2 || grid.dim(-1) != axes || grid.dim(0) != x.dim(0)) {
      throw GraphErrors.invalid(node, "grid " + grid + " does not fit input " + x);
    }
    if (x.elements() == 0 && grid.elements() != 0) {
      throw GraphErrors.invalid(node, "input 0 is empty: " + x);
    }
    long[] dims = grid.dims();
    dims[axes + 1] = dims[axes];
    System.arraycopy(grid.dims(), 1, dims, 2, axes);
    dims[1] = x.dim(1);
    return Checks.one(inference.dtype(0), Shape.of(dims));
  }

  @Override
  public void lower(Lowering lowering) {
    Body body = new Body(lowering);
    long elements = lowering.outputFact(0).shape().elements();
    long each = (long) Math.pow(body.mode.taps, body.dims.length) * 16;
    lowering.emit(
        new RangeStep("grid sample", elements, RangeStep.CACHE_LINE_GRAIN, elements * each, body));
  }

  private static final class Body implements RangeStep.Body {
    private final Slot src;
    private final Slot grid;
    private final Slot dst;
    private final DType type;
    private final DType gridType;
    private final Mode mode;
    private final Padding padding;
    private final boolean aligned;

    /** Spatial extents of x and their strides in elements. */
    private final long[] dims;

    private final long[] strides;
    private final long channels;
    private final long points;

    /** Elements of one channel of x. */
    private final long plane;

    Body(Lowering lowering) {
      Shape shape = lowering.fact(0).shape();
      this.src = lowering.input(0);
      this.grid = lowering.input(1);
      this.dst = lowering.output(0);
      this.type = src.fact().dtype();
      this.gridType = grid.fact().dtype();
      this.mode = Mode.of(lowering.node());
      this.padding = Padding.of(lowering.node());
      this.aligned = lowering.node().intAttribute("align_corners", 0) != 0;
      this.dims = Arrays.copyOfRange(shape.dims(), 2, shape.rank());
      this.strides = Arrays.copyOfRange(shape.strides(), 2, shape.rank());
      this.channels = shape.dim(1);
      this.plane = shape.product(2, shape.rank());
      this.points = dst.fact().shape().product(2, shape.rank());
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long i = from; i < to; i++) {
        long image = i / points;
        long point = image / channels * points + i % points;
        if (mode == Mode.NEAREST) {
          nearest(frame, image * plane, point, i);
        } else {
          double y = sample(frame, point, 0, image * plane);
          Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
        }
      }
    }

    private void nearest(Frame frame, long base, long point, long i) {
      int bytes = type.bits() / 8;
      long at = base;
      for (int axis = 0; axis < dims.length; axis++) {
        long index = index((long) position(frame, point, axis), axis);
        if (index < 0) {
          for (int b = 0; b < bytes; b++) {
            frame.segment(dst).set(Tensor.I8, frame.at(dst) + i * bytes + b, (byte) 0);
          }
          return;
        }
        at += index * strides[axis];
      }
      Elements.move(
          bytes,
          frame.segment(src),
          frame.at(src) + at * bytes,
          frame.segment(dst),
          frame.at(dst) + i * bytes);
    }

    /** The interpolation over the axes from one on, of the elements that start at an offset. */
    private double sample(Frame frame, long point, int axis, long offset) {
      if (axis == dims.length) {
        return Elements.getDouble(type, frame.segment(src), frame.at(src), offset);
      }
      double position = position(frame, point, axis);
      double floor = Math.floor(position);
      int first = mode == Mode.CUBIC ? -1 : 0;
      double sum = 0;
      for (int tap = first; tap < first + mode.taps; tap++) {
        long index = index((long) floor + tap, axis);
        double weight = weight(Math.abs(position - floor - tap));
        if (index >= 0) {
          sum += weight * sample(frame, point, axis + 1, offset + index * strides[axis]);
        }
      }
      return sum;
    }

    private double weight(double distance) {
      return mode == Mode.CUBIC ? ResizeFilter.cubic(distance, -0.75) : Math.max(0, 1 - distance);
    }

    /**
     * The position on an axis in elements, brought back into the input as the padding asks. Cubic
     * keeps it and pads only what its taps read, as PyTorch does.
     */
    private double position(Frame frame, long point, int axis) {
      long at = point * dims.length + dims.length - 1 - axis;
      long extent = dims[axis];
      double position;
      if (gridType == DType.FLOAT64) {
        double x = frame.segment(grid).get(Tensor.F64, frame.at(grid) + at * 8);
        position = aligned ? (x + 1) / 2 * (extent - 1) : ((x + 1) * extent - 1) / 2;
      } else {
        // In float32 as elsewhere: on a tie, nearest depends on it.
        float x = (float) Elements.getDouble(gridType, frame.segment(grid), frame.at(grid), at);
        position = aligned ? (x + 1) / 2 * (extent - 1) : ((x + 1) * extent - 1) / 2;
      }
      if (mode == Mode.CUBIC) {
        return position;
      }
      if (mode == Mode.NEAREST) {
        position = Math.rint(position);
      }
      return switch (padding) {
        case ZEROS -> position;
        case BORDER -> Math.clamp(position, 0.0, extent - 1.0);
        case REFLECTION -> reflect(position, extent);
      };
    }

    /** An index inside the axis, or -1 where the value is zero. */
    private long index(long index, int axis) {
      long extent = dims[axis];
      return switch (padding) {
        case ZEROS -> index >= 0 && index < extent ? index : -1;
        case BORDER -> Math.clamp(index, 0, extent - 1);
        case REFLECTION -> Math.clamp((long) reflect((double) index, extent), 0, extent - 1);
      };
    }

    /** Reflects at the first and last element, or half an element beyond them. */
    private double reflect(double position, long extent) {
      double low = aligned ? 0 : -0.5;
      double range = aligned ? extent - 1 : extent;
      if (range == 0) {
        return 0;
      }
      double period = 2 * range;
      double offset = (position - low) % period;
      offset = offset < 0 ? offset + period : offset;
      return low + (offset <= range ? offset : period - offset);
    }
  }
}
