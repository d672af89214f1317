package dev.lathe.compress.share;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Weight sharing: the float32 weights of Conv, Gemm and MatMul get fewer distinct values, filters
 * or tensors. Exact zeros stay zeros; sharing again changes nothing.
 *
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 */
public record ShareWeights(ShareMethod method, @Nullable Pattern include, @Nullable Pattern exclude)
    implements Compression {

  /** Key of the network metadata that says what is shared. */
  public static final String METADATA_KEY = "lathe.share";

  /** Codebooks of {@code codes} values per tensor, found by k-means. */
  public static ShareWeights codebooks(int codes) {
    return new ShareWeights(
        new ShareMethod.Codes(WeightSchemes.parse("kmeans:" + codes), WeightGranularity.TENSOR),
        null,
        null);
  }

  public ShareWeights withMethod(ShareMethod method) {
    return new ShareWeights(method, include, exclude);
  }

  public ShareWeights withNodes(@Nullable Pattern include, @Nullable Pattern exclude) {
    return new ShareWeights(method, include, exclude);
  }

  @Override
  public String describe() {
    return switch (method) {
      case ShareMethod.Codes codes -> WeightCoder.describe(codes.scheme(), codes.granularity());
      case ShareMethod.Filters filters -> "filters within " + filters.tolerance();
      case ShareMethod.Layers layers -> "layers within " + layers.tolerance();
    };
  }

  /**
   * Shares. With samples, weights go to those values of their codebooks that change the outputs of
   * their layers least, instead of to the nearest; hashes, codebooks of blocks, filters and layers
   * have no use for them.
   *
   * @throws dev.lathe.error.UsageException when no weight is left or a pattern matches no node
   * @throws dev.lathe.error.InvalidModelException when a weight holds NaN or infinity
   */
  @Override
  public WeightCoder.Result run(Network given, CompressionContext context) {
    Network network = SelectedWeights.prepared(given);
    FittedCodebooks fitted =
        context.samples() == null ? null : FittedCodebooks.of(method, include, exclude);
    Network start = fitted == null ? network : fitted.apply(network, context);
    return switch (method) {
      case ShareMethod.Codes(var scheme, var granularity) ->
          coded(start, network.graph(), scheme, granularity);
      case ShareMethod.Filters(double tolerance) ->
          coded(start, network.graph(), new TiedFilters(tolerance), WeightGranularity.CHANNEL);
      case ShareMethod.Layers(double tolerance) ->
          TiedLayers.run(network, tolerance, include, exclude, describe());
    };
  }

  private WeightCoder.Result coded(
      Network network, Graph reference, WeightScheme scheme, WeightGranularity granularity) {
    return WeightCoder.run(
        network,
        reference,
        scheme,
        granularity,
        include,
        exclude,
        METADATA_KEY,
        describe(),
        (weight, code) -> {});
  }
}
