package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
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
 * LpNormalization: divides lines along an axis by their sum of magnitudes (p 1) or Euclidean norm
 * (p 2, the default); a line of zeros stays zero.
 */
final class LpNormalization implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("LpNormalization"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireReal(inference, 0);
    Axes.attribute(node, -1, inference.shape(0).rank());
    long p = node.intAttribute("p", 2);
    if (p != 1 && p != 2) {
      throw GraphErrors.invalid(node, "attribute 'p' is " + p + ", expected 1 or 2");
    }
    return Checks.one(type, inference.shape(0));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    Shape shape = dst.fact().shape();
    int axis = Axes.attribute(lowering.node(), -1, shape.rank());
    boolean euclidean = lowering.node().intAttribute("p", 2) == 2;
    long inner = shape.product(axis + 1, shape.rank());
    long length = shape.dim(axis) * inner;
    lowering.emit(
        RangeStep.units(
            "normalize",
            shape.product(0, axis) * inner,
            shape.dim(axis) * 8,
            (frame, from, to) -> {
              MemorySegment x = frame.segment(src);
              for (long line = from; line < to; line++) {
                long first = line / inner * length + line % inner;
                double sum = 0;
                for (long i = first; i < first + length; i += inner) {
                  double value = Elements.getDouble(type, x, frame.at(src), i);
                  sum += euclidean ? value * value : Math.abs(value);
                }
                double norm = euclidean ? Math.sqrt(sum) : sum;
                for (long i = first; i < first + length; i += inner) {
                  double value = Elements.getDouble(type, x, frame.at(src), i);
                  double y = norm == 0 ? 0 : value / norm;
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, y);
                }
              }
            }));
  }
}
