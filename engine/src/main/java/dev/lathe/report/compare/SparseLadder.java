package dev.lathe.report.compare;

import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.RecipeSteps;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.compress.recipe.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Rungs of bits, then of sparsity: each pattern of zeros at each share, in fp32 and in int8. */
final class SparseLadder {

  static final String FP32 = "fp32";
  static final String INT8 = "int8";

  private static final List<Integer> BITS = List.of(8, 4, 2, 1);
  private static final List<String> PATTERNS = List.of("weight", "1x4", "4x4");
  private static final List<Double> SPARSITIES = List.of(0.5, 0.75, 0.9, 0.95);
  private static final Place TWO_OF_FOUR = new Place("2:4", 0.5, Place.FLOAT);

  private SparseLadder() {}

  /**
   * All rungs, the float original first.
   *
   * @param calibrate how ranges of activations are chosen, as {@code quantize} spells it
   */
  static List<Rung> rungs(String calibrate) {
    List<Rung> rungs = new ArrayList<>();
    rungs.add(new Rung(FP32, null, null, Place.dense(Place.FLOAT)));
    BITS.forEach(bits -> rungs.add(rung(Place.dense(bits), calibrate)));
    for (int bits : List.of(Place.FLOAT, Place.INTEGER)) {
      for (String pattern : PATTERNS) {
        for (double sparsity : SPARSITIES) {
          rungs.add(rung(new Place(pattern, sparsity, bits), calibrate));
        }
      }
      rungs.add(rung(new Place(TWO_OF_FOUR.pattern(), TWO_OF_FOUR.sparsity(), bits), calibrate));
    }
    return rungs;
  }

  private static Rung rung(Place place, String calibrate) {
    List<Recipe.Step> steps = new ArrayList<>();
    boolean fixed = place.pattern().contains(":");
    if (!place.isDense()) {
      Map<String, String> prune = new LinkedHashMap<>();
      prune.put("granularity", place.pattern());
      if (!fixed) {
        prune.put("sparsity", Double.toString(place.sparsity()));
      }
      steps.add(step("prune", prune));
    }
    if (place.bits() != Place.FLOAT) {
      steps.add(step("quantize", Map.of("weights", place.weights(), "calibrate", calibrate)));
    }
    Recipe recipe = new Recipe(steps, Sampling.STANDARD);
    return new Rung(name(place, fixed), null, new Rung.NamedRecipe(null, recipe), place);
  }

  private static Recipe.Step step(String verb, Map<String, String> settings) {
    return Recipe.Step.of(
        RecipeSteps.named(verb, "ladder"), new Settings("ladder", "", settings, true));
  }

  /** As in {@code int4}, {@code 1x4-90} or {@code 2:4-int8}. */
  private static String name(Place place, boolean fixed) {
    if (place.isDense()) {
      return place.weights();
    }
    return place.pattern()
        + (fixed ? "" : "-" + Math.round(100 * place.sparsity()))
        + (place.bits() == Place.FLOAT ? "" : "-" + INT8);
  }
}
