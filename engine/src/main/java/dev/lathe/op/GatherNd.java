package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** GatherND: the last axis of the indices holds index tuples; leading axes may be a batch. */
final class GatherNd implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("GatherND"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireWholeBytes(inference, 0);
    Checks.requireIndexType(inference, 1);
    Shape data = inference.shape(0);
    Shape indices = inference.shape(1);
    int batch = batchDims(inference);
    long tuple = indices.rank() == 0 ? 0 : indices.dim(-1);
    if (indices.rank() == 0
        || tuple < 1
        || batch + tuple > data.rank()
        || batch >= indices.rank()) {
      throw GraphErrors.invalid(
          inference.node(),
          "indices " + indices + " do not address " + data + " with batch_dims " + batch);
    }
    for (int axis = 0; axis < batch; axis++) {
      if (data.dim(axis) != indices.dim(axis)) {
        throw GraphErrors.invalid(
            inference.node(), "batch axes of " + data + " and " + indices + " differ");
      }
    }
    long[] lead = Arrays.copyOf(indices.dims(), indices.rank() - 1);
    long[] tail = Arrays.copyOfRange(data.dims(), batch + (int) tuple, data.rank());
    return Checks.one(inference.dtype(0), Gather.join(lead, tail));
  }

  private static int batchDims(Inference inference) {
    long batch = inference.node().intAttribute("batch_dims", 0);
    if (batch < 0 || batch >= Math.max(1, inference.shape(0).rank())) {
      throw GraphErrors.invalid(inference.node(), "batch_dims is " + batch);
    }
    return (int) batch;
  }

  @Override
  public void lower(Lowering lowering) {
    Copy copy = new Copy(lowering, batchDims(lowering.inference()));
    lowering.emit(RangeStep.units("gather", copy.tuples, 8 + copy.run / 16, copy));
  }

  private static final class Copy implements RangeStep.Body {
    private final Slot data;
    private final Indices indices;
    private final Slot dst;
    private final long[] extents;
    private final long[] strides;
    private final long tuples;
    private final long tuplesPerBatch;
    private final long batchStride;
    private final long run;

    Copy(Lowering lowering, int batch) {
      this.data = lowering.input(0);
      this.indices = Indices.of(lowering, 1);
      this.dst = lowering.output(0);
      Shape shape = lowering.fact(0).shape();
      Shape index = lowering.fact(1).shape();
      int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
      int tuple = index.intDim(-1);
      this.extents = Arrays.copyOfRange(shape.dims(), batch, batch + tuple);
      this.strides = Arrays.copyOfRange(shape.strides(), batch, batch + tuple);
      for (int axis = 0; axis < tuple; axis++) {
        strides[axis] *= bytes;
      }
      this.tuples = index.product(0, index.rank() - 1);
      this.tuplesPerBatch = index.product(batch, index.rank() - 1);
      this.batchStride = shape.product(batch, shape.rank()) * bytes;
      this.run = shape.product(batch + tuple, shape.rank()) * bytes;
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long unit = from; unit < to; unit++) {
        long offset = unit / tuplesPerBatch * batchStride;
        for (int axis = 0; axis < extents.length; axis++) {
          long position = unit * extents.length + axis;
          offset += indices.at(frame, position, extents[axis]) * strides[axis];
        }
        MemorySegment.copy(
            frame.segment(data),
            frame.at(data) + offset,
            frame.segment(dst),
            frame.at(dst) + unit * run,
            run);
      }
    }
  }
}
