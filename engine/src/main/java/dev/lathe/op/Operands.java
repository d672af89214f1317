package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.plan.Lowering;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Constant operands in the form kernels take them. */
final class Operands {

  private Operands() {}

  /**
   * The fp32 epilogue of a node: bias elements [from, from + n) and the node's clamp attributes
   * {@code min} and {@code max}.
   */
  static FloatEpilogue epilogue(
      Lowering lowering, @Nullable Tensor bias, int from, int n, long addendStride) {
    MemorySegment values = bias == null ? null : lowering.allocate(4L * n);
    if (bias != null && values != null) {
      MemorySegment.copy(bias.data(), 4L * from, values, 0, 4L * n);
    }
    Node node = lowering.node();
    return new FloatEpilogue(
        values,
        addendStride,
        node.floatAttribute("min", Float.NEGATIVE_INFINITY),
        node.floatAttribute("max", Float.POSITIVE_INFINITY));
  }

  static void requireSameShape(Inference inference, int input, Shape shape) {
    if (inference.has(input) && !inference.shape(input).equals(shape)) {
      throw GraphErrors.invalid(
          inference.node(), "addend has shape " + inference.shape(input) + ", expected " + shape);
    }
  }
}
