package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;

/** Every score of channels by name. */
public final class ChannelScores {

  private ChannelScores() {}

  /**
   * The score of that name: {@code bn-gamma}, {@code obs}, or that of a method that needs no
   * threshold.
   *
   * @param seed of scores that draw
   * @throws UsageException when there is none
   */
  public static ChannelScore parse(String name, long seed) {
    if (name.equals("bn-gamma")) {
      return new BnGammaScore();
    }
    if (name.equals("obs")) {
      return new SecondOrderScore();
    }
    PruneMethod method = PruneMethods.parse(name);
    if (method.byThreshold() || method.score().apply(seed).observes()) {
      throw new UsageException(
          new Problem(
              "method " + name + " does not rank channels",
              "--method " + name,
              "channels are removed by share or by MACs",
              "use l1, l2, random, sampled, bn-gamma or obs"));
    }
    return new FilterScore(method.score().apply(seed));
  }
}
