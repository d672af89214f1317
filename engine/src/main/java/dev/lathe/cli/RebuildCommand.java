package dev.lathe.cli;

import dev.lathe.compact.Compactness;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Samples;
import dev.lathe.compress.recipe.Origin;
import dev.lathe.compress.recipe.Recipe;
import dev.lathe.compress.recipe.Sampling;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.ToleranceException;
import dev.lathe.error.UsageException;
import dev.lathe.file.ModelFiles;
import dev.lathe.graph.Network;
import dev.lathe.onnx.Overwrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lathe rebuild}. */
@Command(
    name = "rebuild",
    description = {
      "Makes a file that Lathe wrote again, from the model it was made of and the recipe in its"
          + " metadata, and compares byte for byte.",
      "A file whose content was altered, another model or other samples are refused with exit code"
          + " 3; a difference in what is made is exit code 5."
    },
    mixinStandardHelpOptions = true)
final class RebuildCommand implements Callable<Integer> {

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  @Mixin EngineOptions engine;

  @Parameters(paramLabel = "OUT", description = "A file that a verb of Lathe wrote.")
  @Nullable Path file;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "MODEL",
      description = "The model it was made of.")
  @Nullable Path from;

  @Option(
      names = "--data",
      paramLabel = "D",
      description = "The samples that were observed, where some were.")
  @Nullable Path data;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Keep what was made.")
  @Nullable Path output;

  @Override
  public Integer call() throws IOException {
    Console console = Console.of(spec, common);
    Path given = Objects.requireNonNull(file);
    if (output != null) {
      OutputFile.check(output, common.force);
    }
    Network old = ModelFiles.read(given);
    Origin origin = Origin.of(old, given.toString());
    Network source = ModelFiles.read(Objects.requireNonNull(from));
    requireSource(origin, source);
    Recipe recipe = Recipe.parse(origin.recipe(), given + ", its recipe", origin.samples() != null);
    Samples samples = samples(origin, recipe.sampling(), source);
    String tool = "lathe " + Version.current();
    if (!tool.equals(origin.tool())) {
      console.note("note: it was made by " + origin.tool() + ", this is " + tool);
    }
    console.note("recipe: " + recipe.describe());
    CompressionContext context =
        new CompressionContext(
            samples,
            engine.runOptions(),
            CompressionContext.none().maxBytes(),
            new ProgressLines(console));
    Network made = origin.stamp(recipe.run(source, context).network());
    String verdict = compare(given, old, made);
    console.print(verdict);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("file", given.toString());
    json.put("recipe", origin.recipe());
    json.put("content", Origin.contentOf(made));
    json.put("verdict", verdict);
    JsonFile.write(common, json);
    return 0;
  }

  private void requireSource(Origin origin, Network source) {
    String content = Origin.contentOf(source);
    if (!content.equals(origin.source())) {
      throw new InvalidModelException(
          new Problem(
              "it was made of another model",
              String.valueOf(from),
              "its SHA-256 is " + content + ", the recipe is for " + origin.source(),
              "give the model the recipe was run on"));
    }
  }

  private @Nullable Samples samples(Origin origin, Sampling sampling, Network source) {
    String wanted = origin.samples();
    if (wanted == null) {
      return null;
    }
    if (data == null) {
      throw new UsageException(
          new Problem(
              "it was made with samples, and no data was given",
              String.valueOf(file),
              wanted,
              "give --data D"));
    }
    Samples samples = sampling.of(data, source);
    String found = Origin.samplesOf(samples, source.graph().inputs());
    if (!found.equals(wanted)) {
      throw new InvalidDataException(
          new Problem(
              "these are other samples",
              data.toString(),
              "there are " + found + "; it was made with " + wanted,
              "give the data it was made with"));
    }
    return samples;
  }

  private String compare(Path given, Network old, Network made) throws IOException {
    String name = Objects.requireNonNull(given.getFileName()).toString();
    List<Compactness> ways =
        ModelFiles.isCompact(given) ? List.of(Compactness.values()) : List.of(Compactness.SMALL);
    boolean same = false;
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      Path copy = folder.path().resolve(name);
      for (Compactness way : ways) {
        if (!same) {
          ModelFiles.write(made, copy, Overwrite.REPLACE, way);
          same = Files.mismatch(copy, given) < 0;
        }
      }
      if (output != null) {
        Path to = output;
        OutputFile.write(to, temporary -> Files.copy(copy, temporary), common.force);
      }
    }
    if (same) {
      return "the same file, byte for byte: " + given;
    }
    if (Origin.contentOf(made).equals(Origin.contentOf(old))) {
      return "the same content, in other bytes: another program or another zlib wrote " + given;
    }
    throw new ToleranceException(
        new Problem(
            "the recipe makes another file",
            given.toString(),
            "made again, its content has the SHA-256 " + Origin.contentOf(made),
            "see what differs with 'lathe rebuild -o AGAIN' and 'lathe diff'"));
  }
}
