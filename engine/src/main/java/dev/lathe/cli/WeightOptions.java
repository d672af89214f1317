package dev.lathe.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How weights are quantized. */
final class WeightOptions {

  /** How integers come from weights. */
  enum Rule {
    AFFINE,
    SYMMETRIC,
    MAXABS,
    LINEAR
  }

  @Option(
      names = "--weights",
      paramLabel = "W",
      description = {
        "How weights are coded (default: int8):",
        "int16..int1: integers, see --scheme; those of 2 to 8 bits per tensor or channel are stored"
            + " and run as 8-bit ones with fewer levels;",
        "pow2:B: fixed point of B bits, pow2:B,N with N fraction bits, pow2:B,class with"
            + " one N for all convolutions and one for all other products;",
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
}
