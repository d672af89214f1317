package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;
import dev.lathe.quant.Range;
import java.util.stream.Stream;

/**
 * Fixed point Qm.n in {@code bits = 1 + m + n} bits, two's complement: {@code q * 2^-n}, rounded to
 * nearest even.
 *
 * @param fraction n for all weights, or {@link #BY_RANGE}: the largest n at which the range of a
 *     piece still fits, or {@link #BY_CLASS}: at which all weights of a class of layers do
 */
record FixedPointScheme(int bits, int fraction) implements WeightScheme {

  static final int BY_RANGE = Integer.MIN_VALUE;
  static final int BY_CLASS = BY_RANGE + 1;

  private static final int MOST_FRACTION = -Float.MIN_EXPONENT;
  private static final int LEAST_FRACTION = -Float.MAX_EXPONENT;

  @Override
  public String name() {
    return switch (fraction) {
      case BY_RANGE -> "pow2:" + bits;
      case BY_CLASS -> "pow2:" + bits + ",class";
      default -> "pow2:" + bits + "," + fraction;
    };
  }

  @Override
  public boolean hasParameters() {
    return fraction == BY_RANGE;
  }

  @Override
  public boolean byClass() {
    return fraction == BY_CLASS;
  }

  @Override
  public WeightScheme forClass(Stream<Range> ranges) {
    return byClass()
        ? new FixedPointScheme(bits, fraction(ranges.reduce(new Range(0, 0), Range::union)))
        : this;
  }

  /** Codes them as the whole of their class where that matters. */
  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    Pieces used = hasParameters() ? pieces : Pieces.whole(rows.length);
    return LinearPieces.code(
        bits,
        rows,
        used,
        (from, to) -> {
          int n =
              hasParameters() || byClass()
                  ? fraction(LinearPieces.range(rows, from, to))
                  : fraction;
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
