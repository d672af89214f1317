package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Reductions over a set of axes, and global pooling, which reduces all spatial axes. Floats
 * accumulate in double in row-major order, integers in long.
 */
final class Reduce implements Operator {

  private static final List<String> NAMES =
      List.of(
          "ReduceSum",
          "ReduceMean",
          "ReduceMax",
          "ReduceMin",
          "ReduceProd",
          "ReduceL1",
          "ReduceL2",
          "ReduceSumSquare",
          "ReduceLogSum",
          "ReduceLogSumExp",
          "GlobalAveragePool",
          "GlobalMaxPool");

  @Override
  public List<Key> keys() {
    return NAMES.stream().map(Key::onnx).toList();
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    boolean ordering = node.is("ReduceMax") || node.is("ReduceMin");
    DType type =
        ordering ? Checks.requireArithmetic(inference, 0) : Checks.requireNumeric(inference, 0);
    Shape shape = inference.shape(0);
    boolean[] reduced = reducedAxes(inference);
    boolean keep = isGlobal(node) || node.intAttribute("keepdims", 1) != 0;
    return Checks.one(type, reducedShape(shape, reduced, keep));
  }

  private static boolean isGlobal(Node node) {
    return node.opType().startsWith("Global");
  }

  /** The shape without some axes, or with them at extent 1. */
  static Shape reducedShape(Shape shape, boolean[] reduced, boolean keep) {
    long[] dims = new long[shape.rank()];
    int rank = 0;
    for (int axis = 0; axis < reduced.length; axis++) {
      if (!reduced[axis]) {
        dims[rank++] = shape.dim(axis);
      } else if (keep) {
        dims[rank++] = 1;
      }
    }
    return Shape.of(Arrays.copyOf(dims, rank));
  }

  private static boolean[] reducedAxes(Inference inference) {
    Node node = inference.node();
    boolean[] reduced = new boolean[inference.shape(0).rank()];
    if (isGlobal(node)) {
      Arrays.fill(reduced, Math.min(2, reduced.length), reduced.length, true);
      return reduced;
    }
    long[] axes = Axes.list(inference, "axes", 1);
    if (axes == null || axes.length == 0) {
      Arrays.fill(reduced, node.intAttribute("noop_with_empty_axes", 0) == 0);
      return reduced;
    }
    for (int axis : Axes.of(node, axes, reduced.length)) {
      reduced[axis] = true;
    }
    return reduced;
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    Nest[] nests = nests(src.fact().shape(), reducedAxes(lowering.inference()));
    Reduction reduction = new Reduction(src.fact().dtype(), nests[1]);
    Reduction.Kind kind = kind(lowering.node());
    Nest kept = nests[0];
    lowering.emit(
        RangeStep.units(
            "reduce",
            dst.fact().shape().elements(),
            reduction.count(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                reduction.run(
                    kind,
                    frame.segment(src),
                    frame.at(src),
                    kept.offset(0, i, 0),
                    frame.segment(dst),
                    frame.at(dst),
                    i);
              }
            }));
  }

  /** Nests over the kept and over the reduced axes of one operand. */
  static Nest[] nests(Shape shape, boolean[] reduced) {
    long[] strides = shape.strides();
    long[] kept = shape.dims();
    long[] gone = shape.dims();
    for (int axis = 0; axis < reduced.length; axis++) {
      if (reduced[axis]) {
        kept[axis] = 1;
      } else {
        gone[axis] = 1;
      }
    }
    return new Nest[] {Nest.of(kept, strides), Nest.of(gone, strides)};
  }

  private static Reduction.Kind kind(Node node) {
    return switch (node.opType()) {
      case "ReduceSum" -> Reduction.Kind.SUM;
      case "ReduceMean", "GlobalAveragePool" -> Reduction.Kind.MEAN;
      case "ReduceMax", "GlobalMaxPool" -> Reduction.Kind.MAX;
      case "ReduceMin" -> Reduction.Kind.MIN;
      case "ReduceProd" -> Reduction.Kind.PROD;
      case "ReduceL1" -> Reduction.Kind.L1;
      case "ReduceL2" -> Reduction.Kind.L2;
      case "ReduceSumSquare" -> Reduction.Kind.SUM_SQUARE;
      case "ReduceLogSumExp" -> Reduction.Kind.LOG_SUM_EXP;
      default -> Reduction.Kind.LOG_SUM;
    };
  }
}
