package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.Shape;
import java.util.List;

/** Resize and Upsample, nearest for all types and (multi-)linear for float32. */
final class Resize implements Operator {

  private static final List<String> TRANSFORMS =
      List.of(
          "half_pixel",
          "half_pixel_symmetric",
          "pytorch_half_pixel",
          "align_corners",
          "asymmetric");

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Resize"), Key.onnx("Upsample"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireWholeBytes(inference, 0);
    String mode = node.textAttribute("mode", "nearest");
    switch (mode) {
      case "nearest" -> {}
      case "linear", "bilinear" -> Checks.requireF32(inference, 0);
      default -> throw Checks.unsupported(node, "mode is '" + mode + "'", "nearest, linear");
    }
    if (!TRANSFORMS.contains(transform(inference))) {
      throw Checks.unsupported(
          node,
          "coordinate_transformation_mode is '" + transform(inference) + "'",
          String.join(", ", TRANSFORMS));
    }
    if (node.intAttribute("antialias", 0) != 0) {
      throw Checks.unsupported(node, "antialias is on", "no antialiasing");
    }
    Shape input = inference.shape(0);
    if (input.elements() == 0) {
      throw GraphErrors.invalid(node, "input 0 is empty: " + input);
    }
    return Checks.one(inference.dtype(0), Shape.of(ResizeScales.of(inference).extents));
  }

  private static String transform(Inference inference) {
    String fallback = inference.opset() < 11 ? "asymmetric" : "half_pixel";
    return inference.node().textAttribute("coordinate_transformation_mode", fallback);
  }

  private static String rounding(Inference inference) {
    String fallback = inference.opset() < 11 ? "floor" : "round_prefer_floor";
    return inference.node().textAttribute("nearest_mode", fallback);
  }

  @Override
  public void lower(Lowering lowering) {
    Inference inference = lowering.inference();
    Shape input = lowering.fact(0).shape();
    ResizeScales scales = ResizeScales.of(inference);
    if (Shape.of(scales.extents).equals(input)) {
      lowering.alias(0, 0);
      return;
    }
    double[][] positions = new double[input.rank()][];
    for (int axis = 0; axis < positions.length; axis++) {
      positions[axis] = positions(inference, scales, axis, input.dim(axis));
    }
    if (lowering.node().textAttribute("mode", "nearest").equals("nearest")) {
      nearest(lowering, input, positions);
    } else {
      LinearResize.emit(lowering, input, positions);
    }
  }

  /** Where every output index of an axis lies on the input's axis. */
  private static double[] positions(
      Inference inference, ResizeScales scales, int axis, long extent) {
    double[] positions = new double[Math.toIntExact(scales.extents[axis])];
    double scale = scales.scales[axis];
    int count = positions.length;
    for (int i = 0; i < count; i++) {
      double halfPixel = (i + 0.5) / scale - 0.5;
      positions[i] =
          scale == 1 && count == extent
              ? i
              : switch (transform(inference)) {
                case "asymmetric" -> i / scale;
                case "align_corners" -> count == 1 ? 0 : (double) i * (extent - 1) / (count - 1);
                case "pytorch_half_pixel" -> count == 1 ? 0 : halfPixel;
                case "half_pixel_symmetric" ->
                    extent / 2.0 * (1 - count / (scale * extent)) + halfPixel;
                default -> halfPixel;
              };
    }
    return positions;
  }

  private static void nearest(Lowering lowering, Shape input, double[][] positions) {
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    String rounding = rounding(lowering.inference());
    long[] strides = input.strides();
    long[][] maps = new long[positions.length][];
    for (int axis = 0; axis < maps.length; axis++) {
      maps[axis] = new long[positions[axis].length];
      for (int i = 0; i < maps[axis].length; i++) {
        double rounded = round(lowering.node(), rounding, positions[axis][i]);
        long index = Math.clamp((long) rounded, 0, input.dim(axis) - 1);
        maps[axis][i] = index * strides[axis] * bytes;
      }
    }
    IndexedCopy.emit(lowering, "resize", bytes, lowering.input(0), maps, lowering.output(0));
  }

  private static double round(Node node, String rounding, double position) {
    return switch (rounding) {
      case "floor" -> Math.floor(position);
      case "ceil" -> Math.ceil(position);
      case "round_prefer_floor" -> Math.ceil(position - 0.5);
      case "round_prefer_ceil" -> Math.floor(position + 0.5);
      default -> throw GraphErrors.invalid(node, "attribute 'nearest_mode' is '" + rounding + "'");
    };
  }
}
