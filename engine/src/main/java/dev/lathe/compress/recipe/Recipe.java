package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.Outcome;
import dev.lathe.error.FileReason;
import dev.lathe.error.InternalException;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * Steps of compression, one after another.
 *
 * @param sampling which samples the steps observe, if they observe any
 */
public record Recipe(List<Step> steps, Sampling sampling) implements Compression {

  /**
   * One step.
   *
   * @param name of its kind, the verb
   * @param settings all of them, defaults included: text, numbers, truths, and maps of them
   */
  public record Step(String name, Map<String, Object> settings, Compression compression) {

    public Step {
      settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    /** A step of some settings. */
    public static Step of(RecipeStep kind, Settings settings) {
      Compression compression = settings.readBy(kind);
      return new Step(kind.name(), settings.effective(), compression);
    }
  }

  /** A step that was taken. */
  public record Taken(Step step, Outcome outcome) {}

  /**
   * What became of the network, step by step.
   *
   * @param observed whether a step observed samples
   */
  public record Result(Network network, List<Taken> steps, boolean observed) implements Outcome {

    @Override
    public List<String> kept() {
      return gather(Outcome::kept);
    }

    @Override
    public List<String> warnings() {
      return gather(Outcome::warnings);
    }

    private List<String> gather(Function<Outcome, List<String>> part) {
      return steps.stream()
          .flatMap(
              taken ->
                  part.apply(taken.outcome).stream().map(text -> taken.step.name + ": " + text))
          .toList();
    }
  }

  /** Hears of steps. */
  public interface Listener {

    /** A step begins; the first is 1. */
    void begins(int number, Step step);

    void ended(int number, Taken taken);
  }

  private static final Listener NOBODY =
      new Listener() {
        @Override
        public void begins(int number, Step step) {}

        @Override
        public void ended(int number, Taken taken) {}
      };

  public Recipe {
    steps = List.copyOf(steps);
  }

  /**
   * Reads a recipe file.
   *
   * @param samples whether there will be samples to observe
   */
  public static Recipe read(Path file, boolean samples) {
    try {
      return RecipeReader.parse(Files.readString(file), file.toString(), samples);
    } catch (IOException e) {
      throw new InvalidDataException(
          new Problem("can't read the recipe", file.toString(), FileReason.of(e), "check the path"),
          e);
    }
  }

  /**
   * Parses a recipe: YAML, or JSON, which is YAML.
   *
   * @param source names it in messages
   * @throws dev.lathe.error.UsageException naming the line and the step
   */
  public static Recipe parse(String text, String source, boolean samples) {
    return RecipeReader.parse(text, source, samples);
  }

  public Recipe withSampling(Sampling other) {
    return new Recipe(steps, other);
  }

  /** As in {@code prune: l1 of weight, ...; quantize: weights int8 ...}. */
  @Override
  public String describe() {
    return steps.stream()
        .map(step -> step.name + ": " + step.compression.describe())
        .collect(Collectors.joining("; "));
  }

  /**
   * The recipe as one line of JSON with every setting; parsed again it is the same recipe.
   *
   * @param samples whether samples are observed
   */
  public String text(boolean samples) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (samples) {
      json.put("samples", sampling.most());
      json.put("batch", sampling.batch());
      if (sampling.preprocess() != null) {
        json.put("preprocess", sampling.preprocess());
      }
    }
    json.put("steps", steps.stream().map(step -> Map.of(step.name, step.settings)).toList());
    try {
      return JSON.std.asString(json);
    } catch (JacksonException e) {
      throw new InternalException(Problem.of("a recipe is no JSON: " + e.getMessage(), "recipe"));
    }
  }

  @Override
  public Result run(Network network, CompressionContext context) {
    return run(network, context, NOBODY);
  }

  public Result run(Network network, CompressionContext context, Listener listener) {
    Network current = network;
    List<Taken> taken = new ArrayList<>();
    WatchedSamples watched = WatchedSamples.of(context.samples());
    CompressionContext watching = context.withSamples(watched);
    for (Step step : steps) {
      int number = taken.size() + 1;
      listener.begins(number, step);
      Taken one = new Taken(step, step.compression.run(current, watching));
      taken.add(one);
      current = one.outcome.network();
      listener.ended(number, one);
    }
    return new Result(current, taken, watched != null && watched.opened());
  }
}
