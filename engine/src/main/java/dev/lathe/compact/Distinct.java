package dev.lathe.compact;

import java.util.Arrays;

/** The distinct values among some, as long as they are at most {@value #MOST}. */
final class Distinct {

  static final int MOST = 256;

  private static final int SLOTS = 1024;

  private final long[] keys = new long[SLOTS];
  private final int[] ranks = new int[SLOTS];
  private final int[] used = new int[MOST];
  private int count;

  void clear() {
    for (int i = 0; i < count; i++) {
      ranks[used[i]] = 0;
    }
    count = 0;
  }

  /** Adds a value; false when that would be one too many. */
  boolean add(long value) {
    int slot = slot(value);
    if (ranks[slot] != 0) {
      return true;
    }
    if (count == MOST) {
      return false;
    }
    used[count++] = slot;
    keys[slot] = value;
    ranks[slot] = count;
    return true;
  }

  /** The values in ascending order, unsigned; from now on {@link #rank} knows their places. */
  long[] sorted() {
    long[] values = new long[count];
    for (int i = 0; i < count; i++) {
      values[i] = keys[used[i]] + Long.MIN_VALUE;
    }
    Arrays.sort(values);
    for (int i = 0; i < count; i++) {
      values[i] -= Long.MIN_VALUE;
      ranks[slot(values[i])] = i + 1;
    }
    return values;
  }

  /** The place of a value among the sorted ones. */
  int rank(long value) {
    return ranks[slot(value)] - 1;
  }

  private int slot(long value) {
    int slot = (int) ((value * 0x9E3779B97F4A7C15L) >>> 54);
    while (ranks[slot] != 0 && keys[slot] != value) {
      slot = (slot + 1) % SLOTS;
    }
    return slot;
  }
}
