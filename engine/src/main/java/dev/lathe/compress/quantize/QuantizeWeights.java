package dev.lathe.compress.quantize;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.StoredLevels;
import dev.lathe.compress.scheme.WeightCode;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.weights.NarrowFloats;
import dev.lathe.compress.weights.Weight;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Network;
import dev.lathe.tensor.DType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Quantization of weights alone, by any scheme, as values the scheme can hold: the float32 twin of
 * a file that stores them in fewer bits. Integers of 2 to 8 bits that are to run as integers are
 * the {@link Quantizer}'s.
 *
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 */
public record QuantizeWeights(
    WeightScheme scheme,
    WeightGranularity granularity,
    @Nullable Pattern include,
    @Nullable Pattern exclude)
    implements Compression {

  /** All weights by a scheme named as {@link WeightSchemes} reads it, per output channel. */
  public static QuantizeWeights by(String scheme) {
    return new QuantizeWeights(WeightSchemes.parse(scheme), WeightGranularity.CHANNEL, null, null);
  }

  public QuantizeWeights withGranularity(WeightGranularity granularity) {
    return new QuantizeWeights(scheme, granularity, include, exclude);
  }

  public QuantizeWeights withNodes(@Nullable Pattern include, @Nullable Pattern exclude) {
    return new QuantizeWeights(scheme, granularity, include, exclude);
  }

  @Override
  public String describe() {
    return "weights " + WeightCoder.describe(scheme, granularity);
  }

  /**
   * Codes the weights. Floats of 16 and 8 bits are stored in their ONNX type where the opset knows
   * it; what 8-bit integers with a scale hold exactly is stored as such; all else as float32.
   */
  @Override
  public WeightCoder.Result run(Network network, CompressionContext context) {
    Map<String, StoredLevels> levels = new LinkedHashMap<>();
    WeightCoder.Result coded =
        coded(
            network,
            (weight, code) -> {
              StoredLevels stored = StoredLevels.of(weight, code);
              if (stored != null) {
                levels.put(weight.name(), stored);
              }
            });
    DType type = scheme.storage();
    if (type != null && NarrowFloats.isKnown(type, network.opset())) {
      List<String> names = coded.report().layers().stream().map(CodeReport.Layer::tensor).toList();
      return stored(
          NarrowFloats.store(coded.network(), names, type),
          coded,
          names.stream().collect(Collectors.toMap(name -> name, name -> type.toString())));
    }
    return levels.isEmpty() ? coded : integers(coded, levels);
  }

  private static WeightCoder.Result integers(
      WeightCoder.Result coded, Map<String, StoredLevels> levels) {
    Network network = coded.network();
    if (levels.values().stream().anyMatch(one -> one.opset() > coded.network().opset())) {
      try {
        network = OpsetUpgrade.apply(network);
      } catch (UnsupportedException e) {
        // The file stays as it is, with the values in float32.
        levels.values().removeIf(one -> one.opset() > coded.network().opset());
      }
    }
    Map<String, String> types = new HashMap<>();
    levels.forEach((name, one) -> types.put(name, one.levels().dtype().toString()));
    return stored(StoredLevels.store(network, levels), coded, types);
  }

  private static WeightCoder.Result stored(
      Network network, WeightCoder.Result coded, Map<String, String> types) {
    return new WeightCoder.Result(network, coded.report().withStored(types));
  }

  /** The network with its weights coded, all as float32. */
  WeightCoder.Result coded(Network network) {
    return coded(network, (weight, code) -> {});
  }

  private WeightCoder.Result coded(Network network, BiConsumer<Weight, WeightCode> sink) {
    return WeightCoder.run(
        network,
        network.graph(),
        scheme,
        granularity,
        include,
        exclude,
        Quantizer.METADATA_KEY,
        describe(),
        sink);
  }
}
