package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.factorize.FactorMethods;
import dev.lathe.compress.factorize.Factorize;
import dev.lathe.compress.factorize.RankRule;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.List;

/** {@code factorize}: takes products apart into products of low rank. */
final class FactorizeStep implements RecipeStep {

  @Override
  public String name() {
    return "factorize";
  }

  @Override
  public List<String> keys() {
    return List.of("method", "energy", "rank-ratio", "break-even", "nodes", "exclude");
  }

  @Override
  public Compression parse(Settings settings) {
    return new Factorize(
        FactorMethods.parse(settings.text("method", "svd")),
        rule(settings),
        settings.pattern("nodes"),
        settings.pattern("exclude"));
  }

  private static RankRule rule(Settings settings) {
    List<RankRule> given = new ArrayList<>();
    Double energy = settings.number("energy");
    if (energy != null) {
      given.add(new RankRule.Energy(energy));
    }
    Double ratio = settings.number("rank-ratio");
    if (ratio != null) {
      given.add(new RankRule.Ratio(ratio));
    }
    if (settings.flag("break-even")) {
      given.add(new RankRule.BreakEven());
    }
    if (given.size() != 1) {
      throw new UsageException(
          new Problem(
              "ranks are chosen in one way",
              "step factorize",
              given.size() + " of energy, rank-ratio and break-even are given",
              "give one of them, such as energy 0.95"));
    }
    return given.getFirst();
  }
}
