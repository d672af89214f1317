package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.calibrate.CalibrationMethods;
import dev.lathe.compress.quantize.DynamicQuantize;
import dev.lathe.compress.quantize.LayerBits;
import dev.lathe.compress.quantize.Quantize;
import dev.lathe.compress.quantize.QuantizeOptions;
import dev.lathe.compress.quantize.QuantizeWeights;
import dev.lathe.compress.quantize.Repair;
import dev.lathe.compress.quantize.WeightChoice;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.quant.Levels;
import dev.lathe.tensor.DType;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code quantize}: codes weights, and makes activations integers where there are samples. */
final class QuantizeStep implements RecipeStep {

  @Override
  public String name() {
    return "quantize";
  }

  @Override
  public List<String> keys() {
    return List.of(
        "weights",
        "scheme",
        "granularity",
        "activations",
        "format",
        "calibrate",
        "repair",
        "mixed",
        "nodes",
        "exclude");
  }

  @Override
  public Compression parse(Settings settings) {
    String weights = settings.text("weights", "int8");
    WeightChoice choice =
        WeightChoice.parse(weights, settings.text("scheme"), settings.text("granularity"));
    Pattern nodes = settings.pattern("nodes");
    Pattern exclude = settings.pattern("exclude");
    String activations = activations(settings);
    Set<Repair> repairs = Repair.parse(settings.text("repair", "none"));
    if (!repairs.isEmpty() && (!choice.areIntegers() || activations.equals("dynamic"))) {
      throw new UsageException(
          new Problem(
              "no repair for these weights",
              "repair " + settings.text("repair") + ", weights " + weights,
              "it chooses among the levels of integers of 2 to 8 bits, affine or symmetric, with a"
                  + " scale per tensor or channel, in the QDQ form",
              "use int2 to int8, or leave out the repair"));
    }
    if (!choice.areIntegers() && activations.equals("dynamic")) {
      throw new UsageException(
          new Problem(
              "dynamic activations need integer weights",
              "weights " + weights + ", activations dynamic",
              "they are multiplied as 8-bit integers with a scale per tensor or channel",
              "use int2 to int8"));
    }
    QuantizeOptions.Storage storage = storage(settings, activations);
    QuantizeOptions options =
        choice.integers().withNodes(nodes, exclude).withLayers(layers(settings, choice));
    if (activations.equals("dynamic")) {
      return new DynamicQuantize(options);
    }
    QuantizeWeights code =
        choice.areIntegers()
            ? null
            : new QuantizeWeights(choice.scheme(), choice.granularity(), nodes, exclude);
    DType type = type(activations);
    if (code != null && type == null) {
      return code;
    }
    if (code != null && choice.scheme().bits() > Levels.MAX_BITS) {
      throw new UsageException(
          new Problem(
              "integer activations need weights of at most 8 bits",
              "weights " + weights + ", activations " + activations,
              "both run as 8-bit integers, which would round the weights again",
              "leave activations float, or give fewer bits"));
    }
    return new Quantize(
        options.withActivations(type).withStorage(storage),
        code,
        CalibrationMethods.parse(type == null ? "minmax" : settings.text("calibrate", "minmax")),
        repairs);
  }

  private static QuantizeOptions.Storage storage(Settings settings, String activations) {
    String format = settings.text("format", "qdq").toLowerCase(Locale.ROOT);
    boolean operators = format.equals("qoperator");
    if (!operators && !format.equals("qdq")) {
      throw new UsageException(
          new Problem("unknown format", "format '" + format + "'", "", "use qdq or qoperator"));
    }
    if (operators && !activations.endsWith("int8")) {
      throw new UsageException(
          new Problem(
              "operators on integers need integer activations of 8 bits",
              "format qoperator, activations " + activations,
              "",
              "use activations uint8 or int8 with --data D, or format qdq"));
    }
    return operators ? QuantizeOptions.Storage.OPERATORS : QuantizeOptions.Storage.INTEGER;
  }

  private static List<LayerBits> layers(Settings settings, WeightChoice choice) {
    String mixed = settings.text("mixed");
    if (mixed == null) {
      return List.of();
    }
    if (!choice.areIntegers()) {
      throw new UsageException(
          new Problem(
              "widths of layers need integer weights",
              "weights " + choice.scheme().name() + " with mixed",
              "they are levels of the same scheme",
              "use int2 to int8 for the other layers"));
    }
    String text = MixedFile.text(mixed);
    settings.resolve("mixed", text);
    return MixedFile.parse(text, mixed);
  }

  private static String activations(Settings settings) {
    String given = settings.text("activations");
    if (given == null) {
      settings.resolve("activations", settings.hasSamples() ? "uint8" : "none");
      return settings.hasSamples() ? "uint8" : "none";
    }
    String lower = given.toLowerCase(Locale.ROOT);
    if (type(lower) != null && !settings.hasSamples()) {
      throw new UsageException(
          new Problem(
              "activations need data to calibrate with",
              "activations " + given,
              "their ranges are observed, not guessed",
              "give --data D, or activations dynamic or none"));
    }
    return lower;
  }

  private static @Nullable DType type(String activations) {
    return switch (activations) {
      case "uint8" -> DType.UINT8;
      case "int8" -> DType.INT8;
      case "uint16" -> DType.UINT16;
      case "int16" -> DType.INT16;
      case "none", "dynamic" -> null;
      default ->
          throw new UsageException(
              new Problem(
                  "unknown type of activations",
                  "activations '" + activations + "'",
                  "",
                  "use uint8, int8, uint16, int16, dynamic or none"));
    };
  }
}
