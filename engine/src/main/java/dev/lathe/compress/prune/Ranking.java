package dev.lathe.compress.prune;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Finds the lowest of many scores without sorting or copying them. */
final class Ranking {

  private static final int DIGIT_BITS = 16;
  private static final int DIGITS = 1 << DIGIT_BITS;

  private Ranking() {}

  /**
   * Marks exactly {@code count} scores such that no other is lower; of equals the first, array by
   * array. No score may be negative or NaN.
   */
  static List<BitSet> lowest(List<double[]> scores, long count) {
    List<BitSet> marks = new ArrayList<>();
    if (count == 0) {
      scores.forEach(none -> marks.add(new BitSet()));
      return marks;
    }
    Limit limit = limit(scores, count);
    long equals = limit.equals;
    for (double[] one : scores) {
      BitSet mark = new BitSet();
      for (int i = 0; i < one.length; i++) {
        long bits = Double.doubleToRawLongBits(one[i]);
        if (bits < limit.bits || (bits == limit.bits && equals-- > 0)) {
          mark.set(i);
        }
      }
      marks.add(mark);
    }
    return marks;
  }

  /** The highest score that is marked, and how many of those equal to it are. */
  private record Limit(long bits, long equals) {}

  /** Radix selection on the bits, whose order is that of the numbers when none is negative. */
  private static Limit limit(List<double[]> scores, long count) {
    long prefix = 0;
    long left = count;
    for (int shift = Long.SIZE - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
      long[] histogram = new long[DIGITS];
      for (double[] one : scores) {
        for (double score : one) {
          long digits = Double.doubleToRawLongBits(score) >>> shift;
          if (digits >>> DIGIT_BITS == prefix) {
            histogram[(int) (digits & (DIGITS - 1))]++;
          }
        }
      }
      int digit = 0;
      while (left > histogram[digit]) {
        left -= histogram[digit++];
      }
      prefix = prefix << DIGIT_BITS | digit;
    }
    return new Limit(prefix, left);
  }
}
