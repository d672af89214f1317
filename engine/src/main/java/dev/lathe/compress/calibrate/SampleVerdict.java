package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a sample was large enough for its ranges: how far they still moved while it about
 * doubled. A range's move is the larger move of its two ends, in per cent of the final range
 * widened to zero; 0.4 % are one of 256 levels.
 *
 * @param samples all of them
 * @param earlier samples at the first look; 0 when there was none
 * @param ranges how many were chosen
 * @param moving ranges that moved by more than {@link #LIMIT} per cent
 * @param worst name of the one that moved farthest, empty without an earlier look
 * @param worstPercent by how much it moved
 */
public record SampleVerdict(
    long samples, long earlier, int ranges, int moving, String worst, double worstPercent) {

  /**
   * Largest move of a range that has settled, in per cent: 26 of 256 levels, or 0.8 dB of noise.
   */
  public static final double LIMIT = 10;

  static SampleVerdict none(long samples, int ranges) {
    return new SampleVerdict(samples, 0, ranges, ranges, "", 100);
  }

  static SampleVerdict between(
      long earlier, Map<String, Range> before, long samples, Map<String, Range> after) {
    int moving = 0;
    String worst = "";
    double worstPercent = 0;
    for (Map.Entry<String, Range> entry : after.entrySet()) {
      Range last = entry.getValue().withZero();
      Range first = before.getOrDefault(entry.getKey(), last).withZero();
      double move =
          Math.max(
              Math.abs((double) last.min() - first.min()),
              Math.abs((double) last.max() - first.max()));
      double span = (double) last.max() - last.min();
      double percent = move == 0 ? 0 : 100 * move / Math.max(span, Float.MIN_NORMAL);
      moving += percent > LIMIT ? 1 : 0;
      if (percent > worstPercent || worst.isEmpty()) {
        worst = entry.getKey();
        worstPercent = percent;
      }
    }
    return new SampleVerdict(samples, earlier, after.size(), moving, worst, worstPercent);
  }

  /** Whether every range has settled. */
  public boolean enough() {
    return moving == 0;
  }

  /** The verdict as a sentence. */
  @Override
  public String toString() {
    if (earlier == 0) {
      return samples + " samples: too few to tell whether the ranges settled";
    }
    String since =
        String.format(
            Locale.ROOT,
            "between %d and %d samples, '%s' most, by %.1f %%",
            earlier,
            samples,
            worst,
            worstPercent);
    return enough()
        ? String.format(Locale.ROOT, "enough: no range moved by more than %.0f %% %s", LIMIT, since)
        : String.format(
            Locale.ROOT,
            "too few: %d of %d ranges still moved by more than %.0f %% %s",
            moving,
            ranges,
            LIMIT,
            since);
  }
}
