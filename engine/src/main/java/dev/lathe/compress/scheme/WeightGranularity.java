package dev.lathe.compress.scheme;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which weights share scales or a codebook.
 *
 * @param size weights per piece of {@code BLOCK}, along the inner dimension; 0 otherwise
 */
public record WeightGranularity(Kind kind, int size) {

  /** What shares. */
  public enum Kind {
    TENSOR,
    /** All weights of an output channel. */
    CHANNEL,
    /** Neighbors within an output channel. */
    BLOCK
  }

  public static final WeightGranularity TENSOR = new WeightGranularity(Kind.TENSOR, 0);
  public static final WeightGranularity CHANNEL = new WeightGranularity(Kind.CHANNEL, 0);

  private static final Pattern BLOCK = Pattern.compile("block:([1-9]\\d{0,6})");

  /** {@code size} neighbors, at least 1. */
  public static WeightGranularity block(int size) {
    return new WeightGranularity(Kind.BLOCK, size);
  }

  /**
   * Parses {@code tensor}, {@code channel} or {@code block:N}.
   *
   * @throws UsageException when the text is none of them
   */
  public static WeightGranularity parse(String text) {
    Matcher matcher = BLOCK.matcher(text);
    if (matcher.matches()) {
      return block(Integer.parseInt(matcher.group(1)));
    }
    return switch (text) {
      case "tensor" -> TENSOR;
      case "channel" -> CHANNEL;
      default ->
          throw new UsageException(
              new Problem(
                  "unknown granularity",
                  "'" + text + "'",
                  "",
                  "use tensor, channel or block:N, as in block:32"));
    };
  }

  public Pieces pieces(WeightView view) {
    return switch (kind) {
      case TENSOR -> Pieces.whole(view.elements());
      case CHANNEL -> new Pieces(view.rows(), view.k(), view.k());
      case BLOCK -> new Pieces(view.rows(), view.k(), size);
    };
  }

  @Override
  public String toString() {
    return switch (kind) {
      case TENSOR -> "tensor";
      case CHANNEL -> "channel";
      case BLOCK -> "block:" + size;
    };
  }
}
