package dev.lathe.compress.quantize;

import dev.lathe.compress.scheme.IntegerScheme;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Levels;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A code of weights, and which of them share its parameters. */
public record WeightChoice(WeightScheme scheme, WeightGranularity granularity) {

  /** How integers come from weights. */
  public static final List<String> RULES = List.of("affine", "symmetric", "maxabs", "linear");

  /**
   * Parses a choice.
   *
   * @param weights as {@link WeightSchemes} reads it
   * @param rule one of {@link #RULES} for integers, or null
   * @param granularity as {@link WeightGranularity} reads it, or null for channels
   * @throws UsageException when they make no sense together
   */
  public static WeightChoice parse(
      String weights, @Nullable String rule, @Nullable String granularity) {
    WeightScheme scheme = scheme(weights, rule);
    if (granularity != null && !scheme.hasParameters()) {
      throw meaningless("granularity", weights, "it has no scale or codebook to share");
    }
    return new WeightChoice(
        scheme,
        granularity == null ? WeightGranularity.CHANNEL : WeightGranularity.parse(granularity));
  }

  private static WeightScheme scheme(String weights, @Nullable String rule) {
    if (rule == null) {
      return WeightSchemes.parse(weights);
    }
    if (!weights.matches("int\\d+")) {
      throw meaningless("scheme", weights, "it says how integers come from weights");
    }
    String lower = rule.toLowerCase(Locale.ROOT);
    if (!RULES.contains(lower)) {
      throw new UsageException(
          new Problem("unknown scheme", "--scheme '" + rule + "'", "", "use one of " + RULES));
    }
    return WeightSchemes.parse(weights + ":" + lower);
  }

  private static UsageException meaningless(String option, String weights, String why) {
    return new UsageException(
        new Problem(
            "--" + option + " has no meaning here", "--weights " + weights, why, "leave it out"));
  }

  /** Whether integer kernels know the weights as they are coded. */
  public boolean areIntegers() {
    return scheme instanceof IntegerScheme integers
        && integers.bits() >= 2
        && integers.bits() <= Levels.MAX_BITS
        && granularity.kind() != WeightGranularity.Kind.BLOCK;
  }

  /** The weights of integer kernels: those asked for, or 8-bit ones beside another code. */
  public QuantizeOptions integers() {
    QuantizeOptions standard = QuantizeOptions.standard();
    return areIntegers() && scheme instanceof IntegerScheme integers
        ? standard.withWeights(
            integers.bits(),
            integers.rule(),
            granularity.kind() == WeightGranularity.Kind.TENSOR
                ? QuantizeOptions.Granularity.TENSOR
                : QuantizeOptions.Granularity.CHANNEL)
        : standard;
  }
}
