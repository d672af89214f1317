package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.share.ShareMethod;
import dev.lathe.compress.share.ShareWeights;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code share}: weights get fewer distinct values, filters or tensors. */
final class ShareStep implements RecipeStep {

  @Override
  public String name() {
    return "share";
  }

  @Override
  public List<String> keys() {
    return List.of(
        "method", "codes", "start", "granularity", "seed", "tolerance", "nodes", "exclude");
  }

  @Override
  public Compression parse(Settings settings) {
    String method = settings.text("method", "codebook").toLowerCase(Locale.ROOT);
    return new ShareWeights(
        switch (method) {
          case "codebook" -> {
            settings.refuse("seed", "only method hash reads it");
            yield codes(
                settings, "kmeans:" + settings.integer("codes", 16), settings.text("start"));
          }
          case "hash" -> {
            settings.refuse("start", "only k-means has a start");
            long buckets = settings.integer("codes", "it says how many values are left");
            yield codes(settings, "hash:" + buckets, String.valueOf(settings.integer("seed", 1)));
          }
          case "filters" -> new ShareMethod.Filters(tolerance(settings));
          case "layers" -> new ShareMethod.Layers(tolerance(settings));
          default ->
              throw new UsageException(
                  new Problem(
                      "unknown method",
                      "method '" + method + "'",
                      "",
                      "use codebook, hash, filters or layers"));
        },
        settings.pattern("nodes"),
        settings.pattern("exclude"));
  }

  private static ShareMethod codes(Settings settings, String scheme, @Nullable String detail) {
    settings.refuse("tolerance", "codes have none");
    return new ShareMethod.Codes(
        WeightSchemes.parse(detail == null ? scheme : scheme + "," + detail),
        WeightGranularity.parse(settings.text("granularity", "tensor")));
  }

  private static double tolerance(Settings settings) {
    for (String key : List.of("codes", "granularity", "start", "seed")) {
      settings.refuse(key, "whole filters and layers are shared");
    }
    return settings.number("tolerance", "it says how near those are that are shared");
  }
}
