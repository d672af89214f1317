package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.simplify.Simplify;
import java.util.List;

/** {@code simplify}: removes what does not change the answer. */
final class SimplifyStep implements RecipeStep {

  @Override
  public String name() {
    return "simplify";
  }

  @Override
  public List<String> keys() {
    return List.of("fold-batch-norm");
  }

  @Override
  public Compression parse(Settings settings) {
    return new Simplify(settings.flag("fold-batch-norm"));
  }
}
