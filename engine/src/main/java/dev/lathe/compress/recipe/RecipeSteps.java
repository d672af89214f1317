package dev.lathe.compress.recipe;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.stream.Collectors;

/** Every kind of step. */
public final class RecipeSteps {

  private static final List<RecipeStep> ALL =
      List.of(
          new PruneStep(),
          new QuantizeStep(),
          new ShareStep(),
          new FactorizeStep(),
          new SimplifyStep());

  private RecipeSteps() {}

  /**
   * The step of a name.
   *
   * @param place that names it, for messages
   * @throws UsageException naming the known steps
   */
  public static RecipeStep named(String name, String place) {
    return ALL.stream()
        .filter(step -> step.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    new Problem(
                        "unknown step '" + name + "'",
                        place,
                        "",
                        "steps are "
                            + ALL.stream()
                                .map(RecipeStep::name)
                                .collect(Collectors.joining(", ")))));
  }
}
