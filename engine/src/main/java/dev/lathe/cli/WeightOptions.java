package dev.lathe.cli;

import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.scheme.IntegerScheme;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Levels;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How weights are quantized. */
final class WeightOptions {

  /** How integers come from weights. */
  enum Rule {
    AFFINE,
    SYMMETRIC,
    MAXABS
  }

  @Option(
      names = "--weights",
      paramLabel = "W",
      description = {
        "How weights are coded (default: int8):",
        "int16..int1: integers, see --scheme; those of 2 to 8 bits per tensor or channel are stored"
            + " and run as 8-bit ones with fewer levels;",
        "pow2:B: fixed point of B bits, pow2:B,N with N fraction bits;",
        "log2:B: signed powers of two;  ternary, binary: one magnitude;",
        "kmeans:K: K values found by k-means, kmeans:K,START from linear, density or kmeans++;",
        "hash:K: K buckets, hash:K,SEED;",
        "fp16, bf16, fp8e4m3, fp8e5m2, float:E,M: floats of fewer bits.",
        "What does not run as integers is written as float values of the code."
      })
  String weights = "int8";

  @Option(
      names = "--scheme",
      paramLabel = "SCHEME",
      description = "Of integers: ${COMPLETION-CANDIDATES} (default: symmetric).")
  @Nullable Rule rule;

  @Option(
      names = "--granularity",
      paramLabel = "WHAT",
      description =
          "Weights that share a scale or codebook: tensor, channel or block:N (default: channel).")
  @Nullable String granularity;

  WeightScheme scheme() {
    if (rule == null) {
      return WeightSchemes.parse(weights);
    }
    if (!weights.matches("int\\d+")) {
      throw new UsageException(
          new Problem(
              "--scheme has no meaning here",
              "--weights " + weights,
              "it says how integers come from weights",
              "leave it out"));
    }
    return WeightSchemes.parse(weights + ":" + rule.name().toLowerCase(Locale.ROOT));
  }

  WeightGranularity granularity() {
    if (granularity != null && !scheme().hasParameters()) {
      throw new UsageException(
          new Problem(
              "--granularity has no meaning here",
              "--weights " + weights,
              "it has no scale or codebook to share",
              "leave it out"));
    }
    return granularity == null ? WeightGranularity.CHANNEL : WeightGranularity.parse(granularity);
  }

  /** Whether integer kernels know the weights as they are coded. */
  boolean areIntegers() {
    return scheme() instanceof IntegerScheme integers
        && integers.bits() >= 2
        && integers.bits() <= Levels.MAX_BITS
        && granularity().kind() != WeightGranularity.Kind.BLOCK;
  }

  /** The weights of integer kernels: those asked for, or 8-bit ones beside another code. */
  QuantizeOptions integers() {
    QuantizeOptions standard = QuantizeOptions.standard();
    return areIntegers() && scheme() instanceof IntegerScheme integers
        ? standard.withWeights(
            integers.bits(),
            integers.rule(),
            granularity().kind() == WeightGranularity.Kind.TENSOR
                ? QuantizeOptions.Granularity.TENSOR
                : QuantizeOptions.Granularity.CHANNEL)
        : standard;
  }
}
