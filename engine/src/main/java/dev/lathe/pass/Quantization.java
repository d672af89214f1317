package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.quant.QuantizedSum;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The constant parameters of a QuantizeLinear or DequantizeLinear.
 *
 * @param node the node they belong to
 * @param scale float32, one element or one per index of {@code axis}
 * @param zeroPoint null when omitted, which means 0
 * @param dtype type of the quantized values
 * @param axis as the node states it; without meaning when there is one scale
 */
record Quantization(Node node, Tensor scale, @Nullable Tensor zeroPoint, DType dtype, long axis) {

  /** Scales outside of this range could under- or overflow in float32. */
  private static final float SMALLEST_SCALE = 1e-30f;

  private static final float LARGEST_SCALE = 1e30f;

  static boolean isQuantize(@Nullable Node node) {
    return node != null && node.is("QuantizeLinear");
  }

  static boolean isDequantize(@Nullable Node node) {
    return node != null && node.is("DequantizeLinear");
  }

  /** The DequantizeLinear that produces a value, with constant parameters; null otherwise. */
  static @Nullable Quantization dequantized(GraphEditor graph, String value) {
    Node producer = graph.producer(value);
    return isDequantize(producer) ? of(graph, producer) : null;
  }

  /**
   * The parameters of a node; null when it is neither kind, or blocked, or they aren't constant.
   */
  static @Nullable Quantization of(GraphEditor graph, @Nullable Node node) {
    if (node == null || (!isQuantize(node) && !isDequantize(node))) {
      return null;
    }
    Tensor scale = Edits.floats(graph, node.input(1));
    Tensor zeroPoint = graph.constant(node.input(2));
    DType dtype = dtype(graph, node, zeroPoint);
    boolean known =
        scale != null
            && dtype != null
            && dtype.isInteger()
            && (!node.hasInput(2) || zeroPoint != null)
            && node.intAttribute("block_size", 0) == 0;
    return known && scale != null && dtype != null
        ? new Quantization(node, scale, zeroPoint, dtype, node.intAttribute("axis", 1))
        : null;
  }

  private static @Nullable DType dtype(GraphEditor graph, Node node, @Nullable Tensor zeroPoint) {
    if (zeroPoint != null) {
      return zeroPoint.dtype();
    }
    if (isQuantize(node)) {
      int code = Math.toIntExact(node.intAttribute("output_dtype", 0));
      return code == 0 ? DType.UINT8 : DType.ofCode(code);
    }
    Tensor value = graph.constant(node.input(0));
    if (value != null) {
      return value.dtype();
    }
    Quantization source = of(graph, quantizer(graph, node));
    return source == null ? null : source.dtype;
  }

  private static @Nullable Node quantizer(GraphEditor graph, Node dequantize) {
    Node producer = graph.producer(dequantize.input(0));
    return isQuantize(producer) ? producer : null;
  }

  boolean perTensor() {
    return scale.elements() == 1 && (zeroPoint == null || zeroPoint.elements() == 1);
  }

  /** Whether this is how the integer operators take activations: uint8 with one scale. */
  boolean isActivation() {
    return perTensor() && dtype == DType.UINT8 && isReversible();
  }

  /** Whether quantizing a dequantized value gives it back. */
  boolean isReversible() {
    return isReversible(scale.f32(0));
  }

  static boolean isReversible(float scale) {
    return scale >= SMALLEST_SCALE && scale <= LARGEST_SCALE;
  }

  float scaleOf(int channel) {
    return scale.f32(scale.elements() == 1 ? 0 : channel);
  }

  int zeroPointOf(int channel) {
    return zeroPoint == null ? 0 : (int) zeroPoint.integer(zeroPoint.elements() == 1 ? 0 : channel);
  }

  String scaleName() {
    return node.input(1);
  }

  /** Name of the zero point; empty when omitted. */
  String zeroPointName() {
    return node.input(2);
  }

  /** Whether both map numbers and levels alike, for one scale each. */
  boolean sameAs(Quantization other) {
    return perTensor()
        && other.perTensor()
        && dtype == other.dtype
        && scale.f32(0) == other.scale.f32(0)
        && zeroPointOf(0) == other.zeroPointOf(0);
  }

  /** How two activations add up to a third. */
  static QuantizedSum sum(Quantization lhs, Quantization rhs, Quantization result) {
    return QuantizedSum.of(
        lhs.scaleOf(0),
        lhs.zeroPointOf(0),
        rhs.scaleOf(0),
        rhs.zeroPointOf(0),
        result.scaleOf(0),
        result.zeroPointOf(0));
  }

  /** The uint8 level of a number. */
  int level(float value) {
    double steps = Math.rint(value / scale.f32(0));
    return (int) Math.clamp((Double.isNaN(steps) ? 0 : steps) + zeroPointOf(0), 0.0, 255.0);
  }
}
