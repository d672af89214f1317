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
import java.util.List;

/** Resize and Upsample, nearest for all types, linear and cubic for numeric ones. */
final class Resize implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Resize"), Key.onnx("Upsample"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Checks.requireWholeBytes(inference, 0);
    String mode = node.textAttribute("mode", "nearest");
    boolean antialias = node.intAttribute("antialias", 0) != 0;
    switch (mode) {
      case "nearest" -> rounding(inference);
      case "linear", "bilinear", "cubic" -> Checks.requireArithmetic(inference, 0);
      default -> throw Checks.unsupported(node, "mode is '" + mode + "'", "nearest, linear, cubic");
    }
    if (antialias && mode.equals("nearest")) {
      throw GraphErrors.invalid(node, "antialias is on in mode nearest");
    }
    ResizeAxis.transform(inference);
    Shape input = inference.shape(0);
    if (input.elements() == 0) {
      throw GraphErrors.invalid(node, "input 0 is empty: " + input);
    }
    return Checks.one(inference.dtype(0), Shape.of(ResizeScales.of(inference).extents));
  }

  private static String rounding(Inference inference) {
    String fallback = inference.opset() < 11 ? "floor" : "round_prefer_floor";
    String rounding = inference.node().textAttribute("nearest_mode", fallback);
    round(inference.node(), rounding, 0);
    return rounding;
  }

  @Override
  public void lower(Lowering lowering) {
    ResizeAxis[] axes = ResizeAxis.of(lowering.inference());
    int changing = 0;
    for (ResizeAxis axis : axes) {
      changing += axis.isIdentity() ? 0 : 1;
    }
    if (changing == 0) {
      lowering.alias(0, 0);
      return;
    }
    if (lowering.node().textAttribute("mode", "nearest").equals("nearest")) {
      nearest(lowering, axes);
    } else {
      SeparableResize.emit(lowering, axes);
    }
    if (ResizeAxis.extrapolates(lowering.inference())) {
      extrapolate(lowering, axes);
    }
  }

  private static void nearest(Lowering lowering, ResizeAxis[] axes) {
    int bytes = Checks.requireWholeBytes(lowering.inference(), 0);
    String rounding = rounding(lowering.inference());
    long[] strides = lowering.fact(0).shape().strides();
    long[][] maps = new long[axes.length][];
    for (int axis = 0; axis < maps.length; axis++) {
      double[] positions = axes[axis].positions;
      maps[axis] = new long[positions.length];
      for (int i = 0; i < positions.length; i++) {
        double rounded = round(lowering.node(), rounding, positions[i]);
        long index = Math.clamp((long) rounded, 0, axes[axis].extent - 1);
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

  /** Overwrites what lies outside the input along any axis. */
  private static void extrapolate(Lowering lowering, ResizeAxis[] axes) {
    double value = lowering.node().floatAttribute("extrapolation_value", 0);
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    lowering.emit(
        RangeStep.elements(
            "resize",
            dst.fact().shape().elements(),
            (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                if (isOutside(axes, i)) {
                  Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, value);
                }
              }
            }));
  }

  private static boolean isOutside(ResizeAxis[] axes, long element) {
    long rest = element;
    for (int axis = axes.length - 1; axis >= 0; axis--) {
      int count = axes[axis].positions.length;
      if (axes[axis].isOutside((int) (rest % count))) {
        return true;
      }
      rest /= count;
    }
    return false;
  }
}
