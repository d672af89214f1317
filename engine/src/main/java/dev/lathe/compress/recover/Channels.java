package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The channels of a weight on one side, each scaled by a power of two, which changes no bit of a
 * product but the exponent.
 */
final class Channels {

  /** Scales beyond this are not used: exponents stay far from the limits of float. */
  private static final int MAX_EXPONENT = 24;

  private Channels() {}

  /** The view of a product whose weight is a float32 constant nothing else reads, or null. */
  static @Nullable WeightView view(GraphEditor editor, Node node) {
    boolean product = node.is("Conv") || node.is("Gemm") || node.is("MatMul");
    Tensor weight = product ? editor.constant(node.input(1)) : null;
    return weight == null
            || weight.dtype() != DType.FLOAT32
            || weight.shape().rank() < 2
            || (node.is("MatMul") && weight.shape().rank() != 2)
            || (node.is("Gemm") && node.intAttribute("transA", 0) != 0)
            || editor.consumers(node.input(1)).size() != 1
            || editor.isOutput(node.input(1))
        ? null
        : WeightView.of(node, weight.shape(), false);
  }

  /** Largest magnitude of every filter. */
  static double[] outputRanges(Tensor weight, WeightView view) {
    double[] ranges = new double[view.rows()];
    view.forEach(
        (index, batch, row, tap, channel) -> {
          int at = batch * view.n() + row;
          ranges[at] = Math.max(ranges[at], Math.abs(weight.f32(index)));
        });
    return ranges;
  }

  /**
   * Largest magnitude of the weights that read every channel of the input.
   *
   * @param channels of the input; each is read by as many neighbors among the view's channels
   */
  static double[] inputRanges(Tensor weight, WeightView view, int channels) {
    double[] ranges = new double[channels];
    int each = view.batches() * view.channels() / channels;
    view.forEach(
        (index, batch, row, tap, channel) -> {
          int at = (batch * view.channels() + channel) / each;
          ranges[at] = Math.max(ranges[at], Math.abs(weight.f32(index)));
        });
    return ranges;
  }

  /** The weight with filter i times {@code 2^exponents[i]}. */
  static Tensor scaledOutputs(Tensor weight, WeightView view, int[] exponents) {
    Tensor result = Tensor.of(weight.toFloats(), weight.shape().dims());
    view.forEach(
        (index, batch, row, tap, channel) ->
            scale(result, index, exponents[batch * view.n() + row]));
    return result;
  }

  /** The weight with what reads channel i times {@code 2^exponents[i]}. */
  static Tensor scaledInputs(Tensor weight, WeightView view, int[] exponents) {
    Tensor result = Tensor.of(weight.toFloats(), weight.shape().dims());
    int each = view.batches() * view.channels() / exponents.length;
    view.forEach(
        (index, batch, row, tap, channel) ->
            scale(result, index, exponents[(batch * view.channels() + channel) / each]));
    return result;
  }

  /** A vector with element i times {@code 2^exponents[i]}. */
  static Tensor scaled(Tensor vector, int[] exponents) {
    Tensor result = Tensor.of(vector.toFloats(), vector.shape().dims());
    for (int i = 0; i < exponents.length; i++) {
      scale(result, i, exponents[i]);
    }
    return result;
  }

  private static void scale(Tensor tensor, int index, int exponent) {
    tensor.data().set(Tensor.F32, 4L * index, Math.scalb(tensor.f32(index), exponent));
  }

  /** The power of two next to a scale, as an exponent; 0 for what is no scale. */
  static int exponent(double scale) {
    return scale > 0 && Double.isFinite(scale)
        ? Math.clamp(Math.round(Math.log(scale) / Math.log(2)), -MAX_EXPONENT, MAX_EXPONENT)
        : 0;
  }

  static boolean allZero(int[] exponents) {
    return Arrays.stream(exponents).allMatch(exponent -> exponent == 0);
  }
}
