package dev.lathe.compress.quantize;

import dev.lathe.compress.weights.DequantizedWeights;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The levels that weights of a network have already, so that they keep them when activations become
 * integers, too: ternary weights stay ternary, those of 4 bits keep their 16 values.
 *
 * @param graph with float weights in the place of quantized ones whose products are still float
 * @param byNode levels by the name of the node that reads them
 */
record KeptLevels(Graph graph, Map<String, Old> byNode) {

  /** Rounding of a level times its scale, and of a normalization that was folded in. */
  private static final double ROUNDING = 0x1p-21;

  /**
   * Levels less their zero points.
   *
   * @param bits that tell the levels apart
   * @param axis of the scales, or {@link QuantParams#PER_TENSOR}
   * @param zeroPoints of the levels as uint8, by index of the axis; all 0 for those of int8 without
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Old(Shape shape, int bits, int[] differences, int axis, int[] zeroPoints) {

    boolean symmetric() {
      return Arrays.stream(zeroPoints).allMatch(zero -> zero == 0);
    }
  }

  static KeptLevels of(Graph given) {
    Graph graph = DequantizedWeights.floats(given);
    Map<String, Node> lifted = new HashMap<>();
    for (Node node : given.nodes()) {
      if (node.is("DequantizeLinear") && graph.constants().containsKey(node.output(0))) {
        lifted.put(node.output(0), node);
      }
    }
    Map<String, Old> byNode = new LinkedHashMap<>();
    for (Node node : given.nodes()) {
      Node levels = node.inputs().size() < 2 ? null : lifted.get(node.input(1));
      Old old = levels == null ? null : old(given, levels);
      if (old != null) {
        byNode.put(node.name(), old);
      }
    }
    return new KeptLevels(graph, byNode);
  }

  private static @Nullable Old old(Graph graph, Node node) {
    Tensor levels = graph.constants().get(node.input(0));
    Tensor scales = graph.constants().get(node.input(1));
    Tensor zeros = node.hasInput(2) ? graph.constants().get(node.input(2)) : null;
    if (levels == null || scales == null) {
      return null;
    }
    Shape shape = levels.shape();
    int count = Math.toIntExact(scales.elements());
    int axis = (int) node.intAttribute("axis", 1);
    int along = count == 1 ? QuantParams.PER_TENSOR : axis < 0 ? axis + shape.rank() : axis;
    int[] zeroPoints =
        IntStream.range(0, count).map(i -> zeros == null ? 0 : (int) zeros.integer(i)).toArray();
    int[] differences = new int[Math.toIntExact(shape.elements())];
    int least = Arrays.stream(zeroPoints).min().orElse(0);
    int most = Arrays.stream(zeroPoints).max().orElse(0);
    for (int i = 0; i < differences.length; i++) {
      int level = (int) levels.integer(i);
      least = Math.min(least, level);
      most = Math.max(most, level);
      differences[i] = level - zeroPoints[index(shape, along, i)];
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(most - least);
    boolean signed = levels.dtype() == DType.INT8;
    if (!signed || Arrays.stream(zeroPoints).anyMatch(zero -> zero != 0)) {
      zeroPoints = Arrays.stream(zeroPoints).map(zero -> signed ? zero + 128 : zero).toArray();
    }
    return new Old(shape, bits, differences, along, zeroPoints);
  }

  private static int index(Shape shape, int axis, int element) {
    return axis == QuantParams.PER_TENSOR
        ? 0
        : (int) (element / shape.product(axis + 1, shape.rank()) % shape.dim(axis));
  }

  /**
   * Parameters at which a float weight is the levels its node had, but for scales of channels that
   * were folded into it; null when it is not, or when they take more bits.
   */
  @Nullable QuantParams params(Node node, Tensor weight, int channelAxis, int bits) {
    Old old = byNode.get(node.name());
    if (old == null
        || old.bits > bits
        || !old.shape.equals(weight.shape())
        || (old.axis != QuantParams.PER_TENSOR && old.axis != channelAxis)) {
      return null;
    }
    QuantParams same = params(old, weight, old.axis);
    boolean channels = same == null && channelAxis != QuantParams.PER_TENSOR;
    return channels ? params(old, weight, channelAxis) : same;
  }

  private static @Nullable QuantParams params(Old old, Tensor weight, int axis) {
    float[] scales = scales(old, weight, axis);
    float largest = 0;
    for (float scale : scales) {
      largest = Math.max(largest, scale);
    }
    if (Float.isNaN(largest)) {
      return null;
    }
    int[] zeroPoints = new int[scales.length];
    for (int i = 0; i < scales.length; i++) {
      if (scales[i] == 0) {
        scales[i] = largest > 0 ? largest : 1;
      }
      zeroPoints[i] = old.zeroPoints[old.zeroPoints.length == 1 ? 0 : i];
    }
    boolean signed = old.symmetric() && Arrays.stream(old.differences).allMatch(d -> d == (byte) d);
    Levels levels = signed ? Levels.signed(Levels.MAX_BITS) : Levels.unsigned(Levels.MAX_BITS);
    return QuantParams.of(levels, axis, scales, zeroPoints);
  }

  /** By index of an axis the scale; 0 where there are zeros alone, NaN where there is none. */
  private static float[] scales(Old old, Tensor weight, int axis) {
    int count = axis == QuantParams.PER_TENSOR ? 1 : weight.shape().intDim(axis);
    double[] products = new double[count];
    double[] squares = new double[count];
    for (int i = 0; i < old.differences.length; i++) {
      int index = index(weight.shape(), axis, i);
      products[index] += weight.f32(i) * (double) old.differences[i];
      squares[index] += (double) old.differences[i] * old.differences[i];
    }
    float[] best = new float[count];
    for (int i = 0; i < count; i++) {
      best[i] = squares[i] == 0 ? 0 : (float) (products[i] / squares[i]);
    }
    float[] chosen = new float[count];
    Arrays.fill(chosen, Float.NaN);
    choose(old, weight, axis, best, ROUNDING, chosen);
    for (int ulps : new int[] {-1, 1, 0}) {
      float[] next = best.clone();
      for (int i = 0; i < count; i++) {
        next[i] = best[i] + ulps * Math.ulp(best[i]);
      }
      choose(old, weight, axis, next, 0, chosen);
    }
    return chosen;
  }

  /** Takes the candidates at which all levels are the weights, to a relative error. */
  private static void choose(
      Old old, Tensor weight, int axis, float[] candidates, double error, float[] chosen) {
    boolean[] fits = new boolean[candidates.length];
    Arrays.fill(fits, true);
    for (int i = 0; i < old.differences.length; i++) {
      int index = index(weight.shape(), axis, i);
      float own = weight.f32(i);
      float value = old.differences[i] * candidates[index];
      fits[index] &= Math.abs(own - value) <= error * Math.abs(own);
    }
    for (int i = 0; i < fits.length; i++) {
      if (fits[i] && candidates[i] >= 0) {
        chosen[i] = candidates[i];
      }
    }
  }
}
