package dev.lathe.compress.quantize;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Node;
import dev.lathe.quant.Arithmetic;
import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantError;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses parameters of weights and turns weights and biases into integers. */
final class WeightQuantizer {

  /** A bias may take half of an int32: the other half is left to the sum of products. */
  private static final double MAX_BIAS = 1 << 30;

  /** A channel this many times wider than the median one spoils a scale they share. */
  private static final float OUTLIER = 16;

  private final QuantizeOptions options;
  private final Map<String, Rounded> rounded;
  private final List<QuantizationReport.Weight> weights = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /**
   * A quantizer.
   *
   * @param rounded weights whose values were chosen already, by name
   */
  WeightQuantizer(QuantizeOptions options, Map<String, Rounded> rounded) {
    this.options = options;
    this.rounded = rounded;
  }

  List<QuantizationReport.Weight> weights() {
    return weights;
  }

  List<String> warnings() {
    return warnings;
  }

  /** An integer tensor and what it means. */
  record Quantized(Tensor levels, QuantParams params, Tensor values, QuantError error) {}

  /** Values that lie on a grid, for the weight they stand for. */
  record Rounded(Tensor values, QuantParams params) {}

  /** Parameters that hold the whole range of a weight, which is finite. */
  static QuantParams params(Role role, Tensor weight, QuantizeOptions options) {
    int axis =
        options.granularity() == QuantizeOptions.Granularity.CHANNEL
            ? role.channelAxis()
            : QuantParams.PER_TENSOR;
    List<Range> ranges = TensorQuantizer.ranges(weight, axis);
    Levels levels = options.scheme().levels(options.weightBits());
    return axis == QuantParams.PER_TENSOR
        ? QuantParams.choose(options.scheme(), levels, ranges.getFirst())
        : QuantParams.choose(options.scheme(), levels, axis, ranges);
  }

  /**
   * Quantizes a node's weight.
   *
   * @param inputScale scale of the node's activation, or 0 when it stays float
   * @param bias the node's bias when it becomes int32, else null
   * @throws InvalidModelException when the weight has a NaN or an infinity
   */
  Quantized weight(
      Node node, Role role, String name, Tensor weight, float inputScale, @Nullable Tensor bias) {
    requireFinite(node, name, weight);
    Rounded chosen = rounded.get(name);
    QuantParams params = chosen == null ? params(role, weight, options.at(node)) : chosen.params;
    if (params.perTensor()) {
      warnOfOutliers(node, role, weight);
    }
    if (bias != null) {
      requireFinite(node, node.input(role.bias()), bias);
      params = fitBias(node, params, inputScale, bias);
    }
    Tensor levels = TensorQuantizer.quantize(chosen == null ? weight : chosen.values, params);
    Tensor values = TensorQuantizer.dequantize(levels, params);
    QuantError error = QuantError.between(weight, values);
    weights.add(
        new QuantizationReport.Weight(
            node.name(), name, TensorQuantizer.range(weight), params, error));
    return new Quantized(levels, params, values, error);
  }

  /** The bias in units of {@link #biasScales}. */
  static Tensor bias(Tensor bias, float[] scales) {
    int[] levels = new int[(int) bias.elements()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Arithmetic.quantizeBias(bias.f32(i), scales[scales.length == 1 ? 0 : i]);
    }
    return Tensor.of(levels, levels.length);
  }

  /** {@code sx * sw[n]}, the scale of a product of levels. */
  static float[] biasScales(QuantParams weight, float inputScale) {
    float[] scales = weight.scales();
    for (int i = 0; i < scales.length; i++) {
      scales[i] *= inputScale;
    }
    return scales;
  }

  /** Raises weight scales until the bias fits an int32 in units of {@code sx * sw}. */
  private QuantParams fitBias(Node node, QuantParams params, float inputScale, Tensor bias) {
    float[] scales = params.scales();
    boolean raised = false;
    for (int n = 0; n < bias.elements(); n++) {
      int index = params.perTensor() ? 0 : n;
      double least = Math.max(Math.abs(bias.f32(n)) / MAX_BIAS, Float.MIN_NORMAL) / inputScale;
      if (scales[index] < least) {
        scales[index] = Math.nextUp((float) least);
        raised = true;
      }
    }
    if (raised) {
      warnings.add(
          node.name() + ": weight scales were raised, its bias is far larger than its products");
    }
    return raised ? params.withScales(scales) : params;
  }

  private void warnOfOutliers(Node node, Role role, Tensor weight) {
    if (role.channelAxis() == QuantParams.PER_TENSOR) {
      return;
    }
    List<Float> widths =
        TensorQuantizer.ranges(weight, role.channelAxis()).stream()
            .map(Range::maxAbs)
            .sorted()
            .toList();
    float median = widths.get(widths.size() / 2);
    if (median > 0 && widths.getLast() > OUTLIER * median) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s: the widest channel is %.0f times the median one; quantize per channel",
              node.name(),
              widths.getLast() / median));
    }
  }

  static void requireFinite(Node node, String name, Tensor tensor) {
    long bad = TensorQuantizer.firstNonFinite(tensor);
    if (bad >= 0) {
      throw new InvalidModelException(
          new Problem(
              "weight '" + name + "' holds " + tensor.f32(bad),
              node + ", element " + bad,
              "no scale can represent it",
              "train or export the model again, or exclude the node"));
    }
  }
}
