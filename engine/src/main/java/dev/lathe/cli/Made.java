package dev.lathe.cli;

import dev.lathe.compress.Samples;
import dev.lathe.compress.recipe.Origin;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.graph.Network;
import org.jspecify.annotations.Nullable;

/** Gives what a command made of a network its origin. */
final class Made {

  private Made() {}

  /**
   * The network with its origin in the metadata.
   *
   * @param samples that were observed, or null
   */
  static Network of(Network original, Recipe recipe, @Nullable Samples samples, Network made) {
    return new Origin(
            recipe.text(samples != null),
            Origin.contentOf(original),
            samples == null ? null : Origin.samplesOf(samples, original.graph().inputs()),
            "lathe " + Version.current())
        .stamp(made);
  }
}
