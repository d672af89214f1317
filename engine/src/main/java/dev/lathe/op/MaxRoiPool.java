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
import java.util.List;

/**
 * MaxRoiPool (Girshick, "Fast R-CNN", 2015): the maximum in each bin of a region of interest [batch
 * index, x1, y1, x2, y2], whose corners are rounded to pixels; empty bins are zero.
 */
final class MaxRoiPool implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("MaxRoiPool"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireReal(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    inference.requireRank(0, 4);
    Shape rois = inference.shape(1);
    long[] pooled = node.intsAttribute("pooled_shape");
    if (pooled == null || pooled.length != 2 || rois.rank() != 2 || rois.dim(1) != 5) {
      throw GraphErrors.invalid(
          node, "needs rois of five columns, got " + rois + ", and a pooled_shape of two");
    }
    return Checks.one(type, Shape.of(rois.dim(0), inference.shape(0).dim(1), pooled[0], pooled[1]));
  }

  @Override
  public void lower(Lowering lowering) {
    Slot src = lowering.input(0);
    Slot rois = lowering.input(1);
    Slot dst = lowering.output(0);
    DType type = src.fact().dtype();
    String place = lowering.node().toString();
    Shape input = src.fact().shape();
    Shape output = dst.fact().shape();
    double scale = lowering.node().floatAttribute("spatial_scale", 1);
    Bins rows = new Bins(rois, type, scale, 2, output.dim(2), input.dim(2));
    Bins columns = new Bins(rois, type, scale, 1, output.dim(3), input.dim(3));
    lowering.emit(
        RangeStep.units(
            "roi pool",
            output.elements(),
            100,
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                long roi = i / output.product(1, 4);
                double index =
                    Elements.getDouble(type, frame.segment(rois), frame.at(rois), roi * 5);
                long batch = Indices.resolved((long) index, input.dim(0), place);
                long channel = i / output.product(2, 4) % output.dim(1);
                long plane = (batch * input.dim(1) + channel) * input.product(2, 4);
                long row = i / output.dim(3) % output.dim(2);
                long column = i % output.dim(3);
                double largest = Double.NEGATIVE_INFINITY;
                boolean empty = true;
                for (long y = rows.first(frame, roi, row); y < rows.end(frame, roi, row); y++) {
                  long end = columns.end(frame, roi, column);
                  for (long x = columns.first(frame, roi, column); x < end; x++) {
                    long at = plane + y * input.dim(3) + x;
                    double value = Elements.getDouble(type, frame.segment(src), frame.at(src), at);
                    largest = Math.max(largest, value);
                    empty = false;
                  }
                }
                double value = empty ? 0 : largest;
                Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
              }
            }));
  }

  /** The bins of regions along one axis; {@code column} holds their first coordinate. */
  private record Bins(Slot rois, DType type, double scale, int column, long bins, long extent) {

    private long corner(Frame frame, long roi, int at) {
      double corner = Elements.getDouble(type, frame.segment(rois), frame.at(rois), roi * 5 + at);
      double scaled = (float) (corner * scale);
      return (long) (Math.signum(scaled) * Math.floor(Math.abs(scaled) + 0.5));
    }

    private float size(Frame frame, long roi) {
      long length = corner(frame, roi, column + 2) - corner(frame, roi, column) + 1;
      return (float) Math.max(length, 1) / bins;
    }

    long first(Frame frame, long roi, long bin) {
      long offset = (long) Math.floor(bin * size(frame, roi));
      return Math.clamp(corner(frame, roi, column) + offset, 0, extent);
    }

    long end(Frame frame, long roi, long bin) {
      long offset = (long) Math.ceil((bin + 1) * size(frame, roi));
      return Math.clamp(corner(frame, roi, column) + offset, 0, extent);
    }
  }
}
