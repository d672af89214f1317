package dev.lathe.cli;

import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.RecipeStep;
import dev.lathe.compress.recipe.RecipeSteps;
import dev.lathe.compress.recipe.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The step a verb is, from the options it was given. */
final class StepOptions {

  private StepOptions() {}

  /**
   * Reads the options that are settings of the step of the verb's name.
   *
   * @param samples whether there are samples to observe
   * @throws dev.lathe.error.UsageException when they make no sense
   */
  static Recipe.Step of(CommandSpec spec, boolean samples) {
    return of(spec, samples, Map.of());
  }

  /** The same with some settings instead of what the user gave or left out; none for empty ones. */
  static Recipe.Step of(CommandSpec spec, boolean samples, Map<String, String> instead) {
    RecipeStep kind = RecipeSteps.named(spec.name(), "command line");
    ParseResult parsed = spec.commandLine().getParseResult();
    Map<String, String> given = new LinkedHashMap<>();
    for (String key : kind.keys()) {
      OptionSpec option = parsed.matchedOption("--" + key);
      if (option != null) {
        given.put(key, option.stringValues().isEmpty() ? "true" : option.stringValues().getLast());
      }
    }
    given.putAll(instead);
    given.values().removeIf(String::isEmpty);
    return Recipe.Step.of(kind, new Settings("command line", "--", given, samples));
  }
}
