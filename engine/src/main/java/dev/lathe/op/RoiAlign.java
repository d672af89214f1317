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
 * RoiAlign (He et al., "Mask R-CNN", 2017): divides each region of interest into bins and takes the
 * average, or the maximum, of bilinear samples in each. Geometry is computed in the type of the
 * regions, 16-bit floats in float32, because the number of samples depends on its rounding.
 */
final class RoiAlign implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("RoiAlign"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireReal(inference, 0);
    Checks.requireSameType(inference, 0, 1);
    Checks.requireIndexType(inference, 2);
    inference.requireRank(0, 4);
    inference.requireRank(1, 2);
    inference.requireRank(2, 1);
    Shape rois = inference.shape(1);
    if (rois.dim(1) != 4 || inference.shape(2).dim(0) != rois.dim(0)) {
      throw GraphErrors.invalid(
          node, "rois " + rois + " and batch indices " + inference.shape(2) + " do not fit");
    }
    takesMaximum(node);
    halfPixel(inference);
    return Checks.one(
        type,
        Shape.of(
            rois.dim(0),
            inference.shape(0).dim(1),
            node.intAttribute("output_height", 1),
            node.intAttribute("output_width", 1)));
  }

  private static boolean takesMaximum(Node node) {
    String mode = node.textAttribute("mode", "avg");
    return switch (mode) {
      case "avg" -> false;
      case "max" -> true;
      default -> throw GraphErrors.invalid(node, "attribute 'mode' is '" + mode + "'");
    };
  }

  /** Whether pixels lie at their centres; opset 10 knew only their corners. */
  private static boolean halfPixel(Inference inference) {
    String fallback = inference.opset() < 16 ? "output_half_pixel" : "half_pixel";
    String transform = inference.node().textAttribute("coordinate_transformation_mode", fallback);
    return switch (transform) {
      case "half_pixel" -> true;
      case "output_half_pixel" -> false;
      default ->
          throw GraphErrors.invalid(
              inference.node(),
              "attribute 'coordinate_transformation_mode' is '" + transform + "'");
    };
  }

  @Override
  public void lower(Lowering lowering) {
    lowering.emit(
        RangeStep.units(
            "roi align", lowering.outputFact(0).shape().elements(), 200, new Body(lowering)));
  }

  private static final class Body implements RangeStep.Body {
    private final Slot src;
    private final Slot rois;
    private final Indices batches;
    private final Slot dst;
    private final DType type;
    private final Shape input;
    private final Shape output;
    private final boolean maximum;
    private final boolean half;
    private final float scale;
    private final long ratio;

    Body(Lowering lowering) {
      Node node = lowering.node();
      this.src = lowering.input(0);
      this.rois = lowering.input(1);
      this.batches = Indices.of(lowering, 2);
      this.dst = lowering.output(0);
      this.type = src.fact().dtype();
      this.input = src.fact().shape();
      this.output = dst.fact().shape();
      this.maximum = takesMaximum(node);
      this.half = halfPixel(lowering.inference());
      this.scale = node.floatAttribute("spatial_scale", 1);
      this.ratio = node.intAttribute("sampling_ratio", 0);
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long i = from; i < to; i++) {
        long roi = i / output.product(1, 4);
        long batch = batches.at(frame, roi, input.dim(0));
        long channel = i / output.product(2, 4) % output.dim(1);
        long plane = (batch * input.dim(1) + channel) * input.product(2, 4);
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, bin(frame, roi, plane, i));
      }
    }

    private double bin(Frame frame, long roi, long plane, long element) {
      double binHeight = binSize(frame, roi, 1, output.dim(2));
      double binWidth = binSize(frame, roi, 0, output.dim(3));
      long rows = ratio > 0 ? ratio : (long) Math.ceil(binHeight);
      long columns = ratio > 0 ? ratio : (long) Math.ceil(binWidth);
      double top = start(frame, roi, 1) + element / output.dim(3) % output.dim(2) * binHeight;
      double left = start(frame, roi, 0) + element % output.dim(3) * binWidth;
      double result = maximum && rows * columns > 0 ? Double.NEGATIVE_INFINITY : 0;
      for (long row = 0; row < rows; row++) {
        double y = round(top + (row + 0.5) * binHeight / rows);
        for (long column = 0; column < columns; column++) {
          double x = round(left + (column + 0.5) * binWidth / columns);
          double value = sample(frame, plane, y, x);
          result = maximum ? Math.max(result, value) : result + value;
        }
      }
      return maximum ? result : result / Math.max(1, rows * columns);
    }

    private double round(double value) {
      return type == DType.FLOAT64 ? value : (float) value;
    }

    /** Where a region starts along x (0) or y (1), in pixels; it ends at the coordinate two on. */
    private double start(Frame frame, long roi, int coordinate) {
      double at =
          Elements.getDouble(type, frame.segment(rois), frame.at(rois), roi * 4 + coordinate);
      return round(round(at * scale) - (half ? 0.5 : 0));
    }

    private double binSize(Frame frame, long roi, int coordinate, long bins) {
      double size = round(start(frame, roi, coordinate + 2) - start(frame, roi, coordinate));
      return round((half ? size : Math.max(size, 1)) / bins);
    }

    /** The bilinear sample, or the largest of its four weighted corners; zero when outside. */
    private double sample(Frame frame, long plane, double y, double x) {
      long height = input.dim(2);
      long width = input.dim(3);
      if (!(y >= -1 && y <= height && x >= -1 && x <= width)) {
        return 0;
      }
      double row = Math.clamp(y, 0.0, height - 1.0);
      double column = Math.clamp(x, 0.0, width - 1.0);
      long top = (long) row;
      long left = (long) column;
      double down = row - top;
      double right = column - left;
      long below = Math.min(top + 1, height - 1);
      long beside = Math.min(left + 1, width - 1);
      double a = (1 - down) * (1 - right) * pixel(frame, plane + top * width + left);
      double b = (1 - down) * right * pixel(frame, plane + top * width + beside);
      double c = down * (1 - right) * pixel(frame, plane + below * width + left);
      double d = down * right * pixel(frame, plane + below * width + beside);
      return maximum ? Math.max(Math.max(a, b), Math.max(c, d)) : a + b + c + d;
    }

    private double pixel(Frame frame, long index) {
      return Elements.getDouble(type, frame.segment(src), frame.at(src), index);
    }
  }
}
