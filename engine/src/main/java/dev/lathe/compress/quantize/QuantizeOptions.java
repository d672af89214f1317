package dev.lathe.compress.quantize;

import dev.lathe.graph.Node;
import dev.lathe.quant.Levels;
import dev.lathe.quant.Scheme;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What to quantize and how.
 *
 * @param weightBits 2 to 8
 * @param scheme of the weights; activations are always affine
 * @param granularity of the weights; activations always have one scale per tensor
 * @param activations {@code UINT8}, {@code INT8}, {@code UINT16}, {@code INT16}, or null to leave
 *     activations float
 * @param storage how weights are written
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 * @param layers widths of single weights instead of {@code weightBits}; the first that matches
 *     counts
 */
public record QuantizeOptions(
    int weightBits,
    Scheme scheme,
    Granularity granularity,
    @Nullable DType activations,
    Storage storage,
    @Nullable Pattern include,
    @Nullable Pattern exclude,
    List<LayerBits> layers) {

  /** How many scales a weight has. */
  public enum Granularity {
    TENSOR,
    /** One per output channel. */
    CHANNEL
  }

  /** How quantized weights are written. */
  public enum Storage {
    /** 8-bit integers and a DequantizeLinear node. */
    INTEGER,
    /** 8-bit integers, and operators on integers instead of float ones between QDQ nodes. */
    OPERATORS,
    /** The float values the integers stand for: exact accuracy, no saving, no integer kernels. */
    SIMULATED
  }

  public QuantizeOptions {
    if (weightBits < 2 || weightBits > Levels.MAX_BITS) {
      throw new IllegalArgumentException("bits must be 2 to 8, got " + weightBits);
    }
    if (activations != null && !activations.isInt8() && !isInt16(activations)) {
      throw new IllegalArgumentException(
          "activations are integers of 8 or 16 bits, or float: " + activations);
    }
    if ((activations == null || isInt16(activations)) && storage == Storage.OPERATORS) {
      throw new IllegalArgumentException("operators on integers need activations of 8 bits");
    }
    layers = List.copyOf(layers);
  }

  static boolean isInt16(DType type) {
    return type == DType.UINT16 || type == DType.INT16;
  }

  /** int8 symmetric weights per channel, uint8 activations. */
  public static QuantizeOptions standard() {
    return new QuantizeOptions(
        Levels.MAX_BITS,
        Scheme.SYMMETRIC,
        Granularity.CHANNEL,
        DType.UINT8,
        Storage.INTEGER,
        null,
        null,
        List.of());
  }

  public QuantizeOptions withWeights(int bits, Scheme scheme, Granularity granularity) {
    return new QuantizeOptions(
        bits, scheme, granularity, activations, storage, include, exclude, layers);
  }

  public QuantizeOptions withActivations(@Nullable DType activations) {
    return new QuantizeOptions(
        weightBits, scheme, granularity, activations, storage, include, exclude, layers);
  }

  public QuantizeOptions withStorage(Storage storage) {
    return new QuantizeOptions(
        weightBits, scheme, granularity, activations, storage, include, exclude, layers);
  }

  public QuantizeOptions withNodes(@Nullable Pattern include, @Nullable Pattern exclude) {
    return new QuantizeOptions(
        weightBits, scheme, granularity, activations, storage, include, exclude, layers);
  }

  public QuantizeOptions withLayers(List<LayerBits> layers) {
    return new QuantizeOptions(
        weightBits, scheme, granularity, activations, storage, include, exclude, layers);
  }

  /** These options with the width that one node's weight has. */
  QuantizeOptions at(Node node) {
    for (LayerBits layer : layers) {
      if (layer.nodes().matcher(node.name()).find()) {
        return withWeights(layer.bits(), scheme, granularity).withLayers(List.of());
      }
    }
    return withLayers(List.of());
  }

  boolean accepts(Node node) {
    return (include == null || include.matcher(node.name()).find())
        && (exclude == null || !exclude.matcher(node.name()).find());
  }

  /** As in {@code int8 symmetric per channel}, or {@code 4-bit affine per tensor, simulated}. */
  public String describeWeights() {
    return width()
        + " "
        + scheme.name().toLowerCase(java.util.Locale.ROOT)
        + " per "
        + granularity.name().toLowerCase(java.util.Locale.ROOT)
        + switch (storage) {
          case INTEGER -> "";
          case OPERATORS -> " in operators on integers";
          case SIMULATED -> ", simulated";
        };
  }

  private String width() {
    if (!layers.isEmpty()) {
      return "mixed-width";
    }
    return weightBits == Levels.MAX_BITS
        ? scheme.levels(weightBits).dtype().toString()
        : weightBits + "-bit";
  }
}
