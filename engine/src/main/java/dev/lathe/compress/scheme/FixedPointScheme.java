package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;
import dev.lathe.quant.Range;

/**
 * Fixed point Qm.n in {@code bits = 1 + m + n} bits, two's complement: {@code q * 2^-n}, rounded to
 * nearest even.
 *
 * @param fraction n for all weights, or {@link #BY_RANGE}: the largest n at which the range of a
 *     piece still fits
 */
record FixedPointScheme(int bits, int fraction) implements WeightScheme {

  static final int BY_RANGE = Integer.MIN_VALUE;

  private static final int MOST_FRACTION = -Float.MIN_EXPONENT;
  private static final int LEAST_FRACTION = -Float.MAX_EXPONENT;

  @Override
  public String name() {
    return "pow2:" + bits + (fraction == BY_RANGE ? "" : "," + fraction);
  }

  @Override
  public boolean hasParameters() {
    return fraction == BY_RANGE;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    Pieces used = fraction == BY_RANGE ? pieces : Pieces.whole(rows.length);
    return LinearPieces.code(
        bits,
        rows,
        used,
        (from, to) -> {
          int n = fraction == BY_RANGE ? fraction(LinearPieces.range(rows, from, to)) : fraction;
          return new LinearPieces.Piece(Math.scalb(1f, -n), 0, w -> level(w, n));
        });
  }

  private int fraction(Range range) {
    if (range.maxAbs() == 0) {
      return 0;
    }
    int n = Math.min(MOST_FRACTION, bits - 1 - Math.getExponent(range.maxAbs()));
    while (n > LEAST_FRACTION && !(fits(range.min(), n) && fits(range.max(), n))) {
      n--;
    }
    return n;
  }

  private boolean fits(float w, int n) {
    double level = Math.rint(Math.scalb((double) w, n));
    return level >= Levels.signed(bits).min() && level <= Levels.signed(bits).max();
  }

  private int level(float w, int n) {
    double rounded = Math.rint(Math.scalb((double) w, n));
    int level = (int) Math.clamp(rounded, Levels.signed(bits).min(), Levels.signed(bits).max());
    boolean finite = Math.abs(Math.scalb((double) level, -n)) <= Float.MAX_VALUE;
    return finite ? level : level - Integer.signum(level);
  }
}
