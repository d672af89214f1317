package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Zeroes every group whose score is less than {@code limit}.
 *
 * @param limit 0 or more, finite
 */
public record Threshold(double limit) implements Budget {

  public Threshold {
    if (!(limit >= 0 && limit < Double.POSITIVE_INFINITY)) {
      throw new UsageException(
          new Problem(
              "the threshold must be 0 or more, and finite",
              "threshold " + limit,
              "magnitudes below it become zero",
              "'lathe inspect --layers' shows the range of every layer's weights"));
    }
  }

  @Override
  public String describe() {
    return "below " + limit;
  }

  @Override
  public List<BitSet> choose(List<ScoredWeight> weights) {
    List<BitSet> masks = new ArrayList<>();
    for (ScoredWeight weight : weights) {
      BitSet mask = new BitSet();
      for (int i = 0; i < weight.scores().length; i++) {
        mask.set(i, weight.scores()[i] < limit);
      }
      masks.add(mask);
    }
    return masks;
  }
}
