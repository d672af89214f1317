package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * ScatterND: a copy of the data into which slices go where index tuples, the last axis of the
 * indices, say. Tuples are applied in order and the work is split within the slices, so that the
 * result with repeated tuples is defined.
 */
final class ScatterNd implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("ScatterND"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Checks.requireIndexType(inference, 1);
    Checks.requireSameType(inference, 0, 2);
    ScatterReduction.of(inference);
    Shape data = inference.shape(0);
    Shape indices = inference.shape(1);
    if (indices.rank() == 0 || indices.dim(-1) > data.rank()) {
      throw GraphErrors.invalid(inference.node(), "indices " + indices + " do not address " + data);
    }
    Shape updates =
        Gather.join(
            Arrays.copyOf(indices.dims(), indices.rank() - 1),
            Arrays.copyOfRange(data.dims(), indices.intDim(-1), data.rank()));
    if (!inference.shape(2).equals(updates)) {
      throw GraphErrors.invalid(
          inference.node(), "updates are " + inference.shape(2) + ", expected " + updates);
    }
    return Checks.one(inference.dtype(0), data);
  }

  @Override
  public void lower(Lowering lowering) {
    ScatterReduction.emitCopy(lowering);
    Scatter scatter = new Scatter(lowering);
    lowering.emit(
        new RangeStep(
            "scatter",
            scatter.run,
            RangeStep.CACHE_LINE_GRAIN,
            scatter.tuples * (8 + scatter.run),
            scatter));
  }

  /** Elements [from, to) of every slice. */
  private static final class Scatter implements RangeStep.Body {
    private final ScatterReduction reduction;
    private final Indices indices;
    private final Slot updates;
    private final Slot dst;
    private final DType type;
    private final long[] extents;
    private final long[] strides;
    private final long tuples;
    private final long run;

    Scatter(Lowering lowering) {
      Shape data = lowering.fact(0).shape();
      Shape index = lowering.fact(1).shape();
      int tuple = index.intDim(-1);
      this.reduction = ScatterReduction.of(lowering.inference());
      this.indices = Indices.of(lowering, 1);
      this.updates = lowering.input(2);
      this.dst = lowering.output(0);
      this.type = lowering.fact(0).dtype();
      this.extents = Arrays.copyOf(data.dims(), tuple);
      this.strides = Arrays.copyOf(data.strides(), tuple);
      this.tuples = index.product(0, index.rank() - 1);
      this.run = data.product(tuple, data.rank());
    }

    @Override
    public void run(Frame frame, long from, long to) {
      int bytes = type.bits() / 8;
      for (long tuple = 0; tuple < tuples; tuple++) {
        long element = from;
        for (int axis = 0; axis < extents.length; axis++) {
          long position = tuple * extents.length + axis;
          element += strides[axis] * indices.at(frame, position, extents[axis]);
        }
        reduction.apply(
            type,
            frame.segment(updates),
            frame.at(updates) + (tuple * run + from) * bytes,
            frame.segment(dst),
            frame.at(dst) + element * bytes,
            to - from);
      }
    }
  }
}
