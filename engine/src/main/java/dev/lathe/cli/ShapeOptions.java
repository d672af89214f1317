package dev.lathe.cli;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that give the dimensions a model leaves open; what is not given is 1. */
final class ShapeOptions {

  private static final Pattern SHAPE = Pattern.compile("(.+)\\[(\\d+(?:,\\d+)*)?]");
  private static final Pattern DIM = Pattern.compile("(.+):(\\d+)");

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Size of open first dimensions (default: 1).")
  long batch = 1;

  @Option(
      names = "--dim",
      paramLabel = "NAME:N",
      description = "Size of a named dimension; may be repeated.")
  List<String> dims = new ArrayList<>();

  @Option(
      names = "--shape",
      paramLabel = "NAME[N,...]",
      description = "Shape of an input; may be repeated.")
  List<String> shapes = new ArrayList<>();

  /** Type and shape of every input. */
  List<TensorFact> facts(List<ValueInfo> inputs) {
    Map<String, TensorFact> known = knownFacts(inputs, 1);
    List<Problem> problems =
        inputs.stream()
            .filter(input -> !known.containsKey(input.name()))
            .map(
                input ->
                    new Problem(
                        "the model does not declare the shape of input '" + input.name() + "'",
                        input.toString(),
                        "",
                        "give it with --shape"))
            .toList();
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
    return List.copyOf(known.values());
  }

  /** Seeded random inputs of these shapes, the same ones every time. */
  List<List<Tensor>> random(List<ValueInfo> inputs, int samples) {
    List<TensorFact> facts = facts(inputs);
    List<List<Tensor>> all = new ArrayList<>();
    for (int sample = 0; sample < samples; sample++) {
      List<Tensor> tensors = new ArrayList<>();
      for (TensorFact fact : facts) {
        String name = inputs.get(tensors.size()).name();
        tensors.add(SeededInputs.of(name, fact, 1_000L * sample + tensors.size()));
      }
      all.add(tensors);
    }
    return all;
  }

  /**
   * Type and shape by name of every input whose shape is declared or given.
   *
   * @param open size of open dimensions that no option gives, the first of an input apart
   */
  Map<String, TensorFact> knownFacts(List<ValueInfo> inputs, long open) {
    Map<String, Shape> given = new LinkedHashMap<>();
    for (String text : shapes) {
      Matcher matcher = matched(SHAPE, text, "--shape", "input[1,3,224,224]");
      given.put(matcher.group(1), shape(matcher.group(2)));
    }
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (String text : dims) {
      Matcher matcher = matched(DIM, text, "--dim", "batch:8");
      sizes.put(matcher.group(1), size(matcher.group(2)));
    }
    Set<String> unused = new HashSet<>(given.keySet());
    Set<String> unbound = new HashSet<>(sizes.keySet());
    Map<String, TensorFact> facts = new LinkedHashMap<>();
    for (ValueInfo input : inputs) {
      unused.remove(input.name());
      dims(input).forEach(dim -> unbound.remove(dim.toString()));
      Shape shape = given.get(input.name());
      if (shape != null || input.dims() != null) {
        facts.put(
            input.name(),
            TensorFact.of(
                Objects.requireNonNullElse(input.dtype(), DType.FLOAT32),
                shape != null ? shape : declared(input, sizes, open)));
      }
    }
    requireNone(unused, "--shape", "input", inputs);
    requireNone(unbound, "--dim", "dimension", inputs);
    return facts;
  }

  private Shape declared(ValueInfo input, Map<String, Long> sizes, long other) {
    List<Dim> declared = dims(input);
    long[] shape = new long[declared.size()];
    for (int axis = 0; axis < shape.length; axis++) {
      long open = axis == 0 ? batch : other;
      shape[axis] =
          switch (declared.get(axis)) {
            case Dim.Fixed(long size) -> size;
            case Dim.Symbol(String name) -> sizes.getOrDefault(name, open);
            case Dim.Unknown unknown -> open;
          };
    }
    return Shape.of(shape);
  }

  private static List<Dim> dims(ValueInfo input) {
    return input.dims() == null ? List.of() : input.dims();
  }

  private static Matcher matched(Pattern form, String text, String option, String example) {
    Matcher matcher = form.matcher(text);
    if (!matcher.matches()) {
      throw new UsageException(
          new Problem(
              "'" + text + "' is not understood", "option " + option, "", "write " + example));
    }
    return matcher;
  }

  private static Shape shape(@Nullable String text) {
    return text == null
        ? Shape.scalar()
        : Shape.of(Arrays.stream(text.split(",", -1)).mapToLong(ShapeOptions::size).toArray());
  }

  private static long size(String digits) {
    if (digits.length() > 12) {
      throw new UsageException(
          Problem.of("size " + digits + " is too large", "options --shape, --dim"));
    }
    return Long.parseLong(digits);
  }

  private static void requireNone(
      Set<String> names, String option, String what, List<ValueInfo> inputs) {
    if (!names.isEmpty()) {
      throw new UsageException(
          names.stream()
              .map(
                  name ->
                      new Problem(
                          "the model has no " + what + " '" + name + "'",
                          "option " + option,
                          "",
                          "its inputs are " + inputs))
              .toList());
    }
  }
}
