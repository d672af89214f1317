package dev.lathe.compress.sensitivity;

import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.scheme.WeightCode;
import dev.lathe.compress.scheme.WeightCoder;
import dev.lathe.compress.scheme.WeightGranularity;
import dev.lathe.compress.scheme.WeightScheme;
import dev.lathe.compress.scheme.WeightSchemes;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.tensor.Tensor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Something that may become of a layer's weight. */
public sealed interface Candidate {

  /**
   * What became of a weight.
   *
   * @param values in its shape
   * @param bytes they take when coded
   */
  record Tried(Tensor values, long bytes) {}

  /** As {@link #parse} reads it. */
  String name();

  Tried of(Weight weight);

  /**
   * Parses what {@code quantize --weights} takes, {@code prune:S} or {@code prune:S,GRANULARITY}
   * for the share S of groups of least magnitude, or {@code prune:N:M}.
   *
   * @param granularity of codes
   * @throws UsageException when the text is none of them
   */
  static Candidate parse(String text, WeightGranularity granularity) {
    if (text.startsWith("prune")) {
      return Pruned.parse(text);
    }
    WeightScheme scheme = WeightSchemes.parse(text);
    if (scheme.byClass()) {
      throw new UsageException(
          new Problem(
              "a class of layers is no candidate",
              "'" + text + "'",
              "layers are measured one at a time",
              "use pow2:B or pow2:B,N"));
    }
    return new Coded(scheme, granularity);
  }

  /** Coded by a scheme. */
  record Coded(WeightScheme scheme, WeightGranularity granularity) implements Candidate {

    @Override
    public String name() {
      return scheme.name();
    }

    @Override
    public Tried of(Weight weight) {
      WeightCode code = WeightCoder.encode(weight, scheme, granularity);
      return new Tried(WeightMatrix.tensor(weight, code.values()), code.bytes());
    }
  }

  /**
   * Without the groups of least magnitude; coded as a bit per group and what is left in float32.
   */
  record Pruned(String name, Prune prune) implements Candidate {

    private static final Pattern FORM =
        Pattern.compile("prune:(?:(\\d+:\\d+)|([0-9.]+)(?:,([a-z0-9]+))?)");

    private static Pruned parse(String text) {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw wrong(text);
      }
      String fixed = matcher.group(1);
      String unit = matcher.group(3);
      try {
        double share = fixed == null ? Double.parseDouble(matcher.group(2)) : 0;
        String groups = fixed != null ? fixed : unit == null ? "weight" : unit;
        return new Pruned(
            text, Prune.byMagnitude(share).withGranularity(Granularities.parse(groups)));
      } catch (NumberFormatException e) {
        throw wrong(text);
      }
    }

    private static UsageException wrong(String text) {
      return new UsageException(
          new Problem(
              "unknown candidate",
              "'" + text + "'",
              "",
              "use prune:0.5, prune:0.5,1x4 or prune:2:4"));
    }

    @Override
    public Tried of(Weight weight) {
      Tensor values = prune.of(weight);
      long groups = prune.granularity().partition(weight.view()).count();
      long left = values.elements() - Weight.zeros(values);
      return new Tried(values, (groups + Byte.SIZE - 1) / Byte.SIZE + Float.BYTES * left);
    }
  }
}
