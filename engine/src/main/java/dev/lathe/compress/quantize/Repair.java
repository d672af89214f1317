package dev.lathe.compress.quantize;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What is done, without training, so that a quantized network answers as the float one. */
public enum Repair {
  /** Ranges of channels are evened out between a product and the one it feeds. */
  EQUALIZE,
  /** Ranges of normalized activations move into the weights that read them. */
  SMOOTH,
  /** Biases take up what the mean output of each channel lost on the samples. */
  BIAS,
  /** Rounds weight by weight and lets those that are left make up for the error. */
  GPTQ,
  /** Shrinks ranges, rounds by second order and improves by descent, for each product's output. */
  RECONSTRUCT;

  /** Whether it comes before ranges are observed, since it changes them. */
  boolean changesRanges() {
    return this == EQUALIZE || this == SMOOTH;
  }

  /** As the command line spells it. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Parses {@code none} or names separated by commas.
   *
   * @throws UsageException naming the known ones
   */
  public static Set<Repair> parse(String text) {
    Set<Repair> repairs = EnumSet.noneOf(Repair.class);
    for (String name : text.equals("none") ? new String[0] : text.split(",", -1)) {
      Repair known =
          Arrays.stream(values())
              .filter(repair -> repair.spelling().equals(name.strip()))
              .findFirst()
              .orElseThrow(
                  () ->
                      new UsageException(
                          new Problem(
                              "unknown repair",
                              "--repair '" + text + "'",
                              "",
                              "use none, or some of " + describe(EnumSet.allOf(Repair.class)))));
      repairs.add(known);
    }
    if (repairs.contains(GPTQ) && repairs.contains(RECONSTRUCT)) {
      throw new UsageException(
          new Problem(
              "two ways of rounding",
              "--repair '" + text + "'",
              "reconstruct rounds as gptq does and then goes on",
              "leave out gptq"));
    }
    return repairs;
  }

  /** As the provenance in the file says it. */
  static String describe(Set<Repair> repairs) {
    return repairs.stream().map(Repair::spelling).collect(Collectors.joining(", "));
  }
}
