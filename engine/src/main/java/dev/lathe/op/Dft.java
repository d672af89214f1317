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
import java.util.List;

/**
 * DFT along one axis of a tensor whose last axis holds real or complex numbers; one-sided, of real
 * signals to half a spectrum and, inverse, from it (ONNX DFT, opset 17 and 20).
 */
final class Dft implements Operator {

  /** The transform a node asks for; axis counts from the front. */
  private record Form(int axis, int points, boolean inverse, boolean onesided) {

    static Form of(Inference inference) {
      Node node = inference.node();
      Shape shape = inference.shape(0);
      long parts = shape.rank() < 2 ? 0 : shape.dim(-1);
      boolean inverse = node.intAttribute("inverse", 0) != 0;
      boolean onesided = node.intAttribute("onesided", 0) != 0;
      if (parts != 1 && parts != 2) {
        throw GraphErrors.invalid(
            node, "input 0 is " + shape + ", expected a last axis of 1 (real) or 2 (complex)");
      }
      if (onesided && parts != (inverse ? 2 : 1)) {
        throw GraphErrors.invalid(
            node, "onesided, it needs a " + (inverse ? "complex" : "real") + " input");
      }
      int axis = axis(inference, shape.rank());
      long length = onesided && inverse ? 2 * (shape.dim(axis) - 1) : shape.dim(axis);
      if (inference.has(1)) {
        length = scalar(inference, 1, "dft_length");
      }
      if (length < 1 || length > 1 << 28) {
        throw GraphErrors.invalid(node, "dft_length is " + length);
      }
      return new Form(axis, (int) length, inverse, onesided);
    }

    private static int axis(Inference inference, int rank) {
      Node node = inference.node();
      long axis = node.intAttribute("axis", 1);
      if (inference.opset() >= 20) {
        axis = inference.has(2) ? scalar(inference, 2, "axis") : -2;
      }
      int resolved = Axes.of(node, axis, rank);
      if (resolved == rank - 1) {
        throw GraphErrors.invalid(node, "axis " + axis + " is that of the complex numbers");
      }
      return resolved;
    }

    int outputLength() {
      return onesided && !inverse ? points / 2 + 1 : points;
    }

    int outputParts() {
      return onesided && inverse ? 1 : 2;
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("DFT"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    Form form = Form.of(inference);
    Shape shape = inference.shape(0).with(form.axis, form.outputLength());
    return Checks.one(type, shape.with(-1, form.outputParts()));
  }

  @Override
  public void lower(Lowering lowering) {
    Form form = Form.of(lowering.inference());
    Shape in = lowering.fact(0).shape();
    Shape out = lowering.outputFact(0).shape();
    lowering.emit(
        FourierStep.of(
            lowering,
            form.points,
            form.inverse,
            form.inverse && form.onesided,
            lines(in, form.axis),
            null,
            lines(out, form.axis)));
  }

  private static FourierStep.Lines lines(Shape shape, int axis) {
    int last = shape.rank() - 1;
    long inner = shape.product(axis + 1, last);
    return new FourierStep.Lines(
        shape.product(0, axis) * inner,
        Math.max(inner, 1),
        shape.dim(axis) * inner,
        1,
        shape.intDim(axis),
        inner,
        shape.intDim(last));
  }

  /** The value of a scalar operand that decides a shape. */
  static long scalar(Inference inference, int input, String what) {
    Tensor value = inference.requireValue(input, what);
    if (value.elements() != 1) {
      throw GraphErrors.invalid(
          inference.node(), what + " has shape " + value.shape() + ", expected a scalar");
    }
    return value.integer(0);
  }
}
