package dev.lathe.compress.quantize;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.scheme.CodeReport;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.weights.NarrowFloats;
import dev.lathe.graph.Network;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.regex.Pattern;
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

  /** Floats of 16 and 8 bits are stored in their ONNX type where the opset knows it. */
  @Override
  public WeightCoder.Result run(Network network, CompressionContext context) {
    WeightCoder.Result coded = coded(network);
    DType type = scheme.storage();
    if (type == null || !NarrowFloats.isKnown(type, network.opset())) {
      return coded;
    }
    List<String> names = coded.report().layers().stream().map(CodeReport.Layer::tensor).toList();
    return new WeightCoder.Result(NarrowFloats.store(coded.network(), names, type), coded.report());
  }

  /** The network with its weights coded, all as float32. */
  WeightCoder.Result coded(Network network) {
    return WeightCoder.run(
        network,
        network.graph(),
        scheme,
        granularity,
        include,
        exclude,
        Quantizer.METADATA_KEY,
        describe());
  }
}
