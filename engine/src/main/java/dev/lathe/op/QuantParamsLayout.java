package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;

/**
 * Which scale an element has: one for the whole tensor, one per index of an axis, or one per block
 * of an axis (QuantizeLinear and DequantizeLinear of ONNX, opset 10, 13 and 21).
 *
 * @param extent of the quantization axis
 * @param inner elements per index of the axis
 * @param block indices of the axis that share a scale; 0 when every index has its own everywhere
 */
record QuantParamsLayout(boolean perTensor, long extent, long inner, long block) {

  static QuantParamsLayout of(Inference inference) {
    Node node = inference.node();
    Shape shape = inference.shape(0);
    Shape scale = inference.shape(1);
    if (inference.has(2) && !inference.shape(2).equals(scale)) {
      throw GraphErrors.invalid(
          node, "zero point " + inference.shape(2) + " and scale " + scale + " differ in shape");
    }
    if (scale.rank() == 0 || (scale.rank() == 1 && scale.elements() == 1)) {
      return new QuantParamsLayout(true, 1, shape.elements(), 0);
    }
    int axis = Axes.attribute(node, 1, shape.rank());
    long extent = shape.dim(axis);
    long inner = shape.product(axis + 1, shape.rank());
    long block = node.intAttribute("block_size", 0);
    if (block == 0 && scale.rank() == 1 && scale.elements() == extent) {
      return new QuantParamsLayout(false, extent, inner, 0);
    }
    if (block > 0 && scale.equals(shape.with(axis, Math.ceilDiv(extent, block)))) {
      return new QuantParamsLayout(false, extent, inner, block);
    }
    throw GraphErrors.invalid(
        node,
        "scale "
            + scale
            + " fits neither "
            + shape
            + " nor its axis "
            + axis
            + " nor block_size "
            + block);
  }

  /** Index of the scale of an element. */
  long scaleOf(long element) {
    if (perTensor) {
      return 0;
    }
    long row = element / inner;
    if (block == 0) {
      return row % extent;
    }
    long blocks = Math.ceilDiv(extent, block);
    return (row / extent * blocks + row % extent / block) * inner + element % inner;
  }

  /** Elements from this one on, up to {@code end}, that certainly share its scale. */
  long run(long element, long end) {
    if (block != 0) {
      return 1;
    }
    return perTensor ? end - element : Math.min(end - element, inner - element % inner);
  }
}
