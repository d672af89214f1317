package dev.lathe.report.compare;

import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.quant.Levels;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One way to compress, a row of the comparison: the float original, a way to quantize or a recipe.
 *
 * @param name as {@code --only} spells it
 * @param options of a way to quantize, else null
 * @param recipe else null
 * @param place on the ladder of sparsity and bits, or null
 */
public record Rung(
    String name,
    @Nullable QuantizeOptions options,
    @Nullable NamedRecipe recipe,
    @Nullable Place place) {

  /**
   * A recipe.
   *
   * @param file it was read from, as a command line names it; null where verbs say the same
   */
  public record NamedRecipe(@Nullable String file, Recipe recipe) {}

  static Rung original() {
    return new Rung(SparseLadder.FP32, null, null, null);
  }

  static Rung of(String name, QuantizeOptions options) {
    return new Rung(name, options, null, null);
  }

  /** A row of a recipe. */
  public static Rung of(String name, String file, Recipe recipe) {
    return new Rung(name, null, new NamedRecipe(file, recipe), null);
  }

  public boolean isBaseline() {
    return options == null && recipe == null;
  }

  /**
   * Whether weights have levels no kernel packs so far: they lie in 8-bit storage, so accuracy is
   * exact, but the time is that of int8 and says nothing about the width.
   */
  public boolean simulated() {
    return options != null && options.weightBits() < Levels.MAX_BITS;
  }

  /** Bits of a weight. */
  public int weightBits() {
    return place != null ? place.bits() : options == null ? Float.SIZE : options.weightBits();
  }

  /** As in {@code fp32} or {@code int8}. */
  public String weights() {
    if (place != null) {
      return place.weights();
    }
    return recipe != null ? "recipe" : options == null ? "fp32" : "int" + options.weightBits();
  }

  /** As in {@code fp32} or {@code uint8}. */
  public String activations() {
    if (place != null) {
      return place.activations();
    }
    return recipe != null
        ? "recipe"
        : options == null || options.activations() == null
            ? "fp32"
            : options.activations().toString();
  }

  /** As in {@code int8 weights, one scale per channel}. */
  public String describe() {
    if (place != null && !isBaseline()) {
      return place.describe();
    }
    if (recipe != null) {
      return recipe.recipe.describe();
    }
    if (options == null) {
      return "the float original";
    }
    return weights() + " weights, one scale per " + granularity(options);
  }

  /** What {@code lathe quantize} has to be told for it. */
  List<String> quantizeArguments() {
    return options == null
        ? List.of()
        : List.of(
            "--weights",
            weights(),
            "--activations",
            activations(),
            "--scheme",
            options.scheme().name().toLowerCase(Locale.ROOT),
            "--granularity",
            granularity(options));
  }

  private static String granularity(QuantizeOptions options) {
    return options.granularity().name().toLowerCase(Locale.ROOT);
  }
}
