package dev.lathe.cli;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe simplify}. */
@Command(
    name = "simplify",
    description = {
      "Writes a copy of a model without what does not change its answers: nodes and constants"
          + " nothing depends on, nodes that depend on constants alone or pass their input through,"
          + " nodes and constants there are twice, and what computes shapes where those of the"
          + " inputs are fixed.",
      "It stays in the operators it has; quantized weights stay quantized."
    },
    mixinStandardHelpOptions = true)
final class SimplifyCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin ModelOutput output;

  @Parameters(paramLabel = "MODEL", description = "An ONNX or .lathe file.")
  @Nullable Path model;

  @Option(
      names = "--fold-batch-norm",
      description =
          "Also put BatchNormalization, and sums and products with a constant per channel, into the"
              + " convolution or product before it; the last bits of answers may move.")
  boolean foldBatchNorm;

  @Override
  public Integer call() {
    Console console = Console.of(spec, common);
    output.check(common);
    Recipe recipe = new Recipe(List.of(StepOptions.of(spec, false)), Sampling.STANDARD);
    Network original = ModelFiles.read(Objects.requireNonNull(model));
    Recipe.Result result = recipe.run(original, CompressionContext.none());
    Network made = Made.of(original, recipe, null, result.network());
    output.write(made, common);
    BeforeAfter sizes = BeforeAfter.of(original, made);
    sizes.table().lines().forEach(console::print);
    console.print("");
    console.print("wrote " + output.file);
    JsonFile.write(common, sizes.json());
    return 0;
  }
}
