package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Compress: the slices along an axis whose condition is true; without an axis, elements of the
 * flattened input. A condition shorter than the axis drops the rest.
 */
final class Compress implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Compress"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Shape shape = flattened(inference);
    int axis = axis(inference);
    return Checks.one(inference.dtype(0), shape.with(axis, kept(inference).length));
  }

  /** The shape that is compressed. */
  private static Shape flattened(Inference inference) {
    Shape shape = inference.shape(0);
    return hasAxis(inference.node()) ? shape : Shape.of(shape.elements());
  }

  private static boolean hasAxis(Node node) {
    return node.attributes().containsKey("axis");
  }

  private static int axis(Inference inference) {
    return Axes.attribute(inference.node(), 0, flattened(inference).rank());
  }

  /** Indices along the axis whose condition is true. */
  private static long[] kept(Inference inference) {
    Node node = inference.node();
    if (inference.dtype(1) != DType.BOOL || inference.shape(1).rank() != 1) {
      throw GraphErrors.invalid(
          node, "the condition is " + inference.fact(1) + ", expected a list of bool");
    }
    Tensor condition = inference.requireValue(1, "the condition");
    long extent = flattened(inference).dim(axis(inference));
    long[] kept = new long[Math.toIntExact(condition.elements())];
    int count = 0;
    for (long i = 0; i < condition.elements(); i++) {
      if (condition.integer(i) != 0) {
        if (i >= extent) {
          throw GraphErrors.invalid(node, "condition " + i + " is true, the axis has " + extent);
        }
        kept[count++] = i;
      }
    }
    return Arrays.copyOf(kept, count);
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = flattened(lowering.inference());
    int axis = axis(lowering.inference());
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    long run = shape.product(axis + 1, shape.rank()) * bytes;
    long[] outer = new long[Math.toIntExact(shape.product(0, axis))];
    for (int i = 0; i < outer.length; i++) {
      outer[i] = i * shape.dim(axis) * run;
    }
    long[] picked = kept(lowering.inference());
    for (int i = 0; i < picked.length; i++) {
      picked[i] *= run;
    }
    IndexedCopy.emit(
        lowering,
        "compress",
        Math.toIntExact(run),
        lowering.input(0),
        new long[][] {outer, picked},
        lowering.output(0));
  }
}
