package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * MeanVarianceNormalization over attribute {@code axes}, batch and space by default: {@code (x -
 * mean) / (sqrt(variance) + 1e-9)}.
 */
final class MeanVarianceNormalization implements Operator {

  private static final double EPSILON = 1e-9;

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MeanVarianceNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    normalized(inference.node(), inference.shape(0));
    return Checks.one(type, inference.shape(0));
  }

  private static boolean[] normalized(Node node, Shape shape) {
    long[] axes = node.intsAttribute("axes");
    boolean[] normalized = new boolean[shape.rank()];
    for (int axis : Axes.of(node, axes == null ? new long[] {0, 2, 3} : axes, shape.rank())) {
      normalized[axis] = true;
    }
    return normalized;
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    Shape shape = dst.fact().shape();
    Nest[] nests = Reduce.nests(shape, normalized(lowering.node(), shape));
    Nest kept = nests[0];
    Nest group = nests[1];
    lowering.emit(
        RangeStep.units(
            "normalize",
            shape.elements() == 0 ? 0 : kept.outer(0),
            group.outer(0) * 16,
            (frame, from, to) -> {
              MemorySegment x = frame.segment(src);
              for (long unit = from; unit < to; unit++) {
                long start = kept.offset(0, unit, 0);
                double mean = Moments.mean(type, x, frame.at(src), start, group);
                double variance = Moments.variance(type, x, frame.at(src), start, group, mean);
                double deviation = Math.sqrt(variance) + EPSILON;
                for (long i = 0; i < group.outer(0); i++) {
                  long at = start + group.offset(0, i, 0);
                  double y = (Elements.getDouble(type, x, frame.at(src), at) - mean) / deviation;
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), at, y);
                }
              }
            }));
  }
}
