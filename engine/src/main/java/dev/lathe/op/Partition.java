package dev.lathe.op;

/** Static division of an index range into parts: a pure function of its arguments. */
final class Partition {

  /** Least work of one part, in simple operations: some 10 us, well above waking a thread. */
  static final long MIN_WORK = 1 << 15;

  private Partition() {}

  /** How many of {@code threads} are worth using for {@code work} simple operations. */
  static int parts(long work, int threads) {
    return Math.clamp(work / MIN_WORK, 1, threads);
  }

  /**
   * First index of a part; that of part {@code parts} is the end of the last. Inner bounds are
   * multiples of {@code grain}.
   */
  static long bound(long count, long grain, int part, int parts) {
    if (parts == 1) {
      return part == 0 ? 0 : count;
    }
    long grains = Math.ceilDiv(count, grain);
    return Math.min(count, grains * part / parts * grain);
  }
}
