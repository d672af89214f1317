package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;

/**
 * {@code q = floor(w / max|w| * 2^(b-1))}, clipped to {@code -2^(b-1) .. 2^(b-1) - 1}, for {@code q
 * * max|w| / 2^(b-1)}. Weights that lie on such a grid already stay.
 */
record MaxAbsScheme(int bits) implements WeightScheme {

  @Override
  public String name() {
    return "int" + bits + ":maxabs";
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    return LinearPieces.code(bits, rows, pieces, (from, to) -> piece(rows, from, to));
  }

  private LinearPieces.Piece piece(float[] rows, int from, int to) {
    Levels levels = Levels.signed(bits);
    float max = LinearPieces.range(rows, from, to).maxAbs();
    int reach = -levels.min();
    if (max == 0) {
      return new LinearPieces.Piece(1, 0, w -> 0);
    }
    float step = max / reach;
    LinearPieces.Piece same = LinearPieces.recognized(rows, from, to, levels, step, 0);
    if (same == null && levels.max() > 0) {
      // The largest positive weight was clipped by one level.
      same = LinearPieces.recognized(rows, from, to, levels, max / levels.max(), 0);
    }
    if (same == null && step < Float.MIN_NORMAL) {
      return new LinearPieces.Piece(1, 0, w -> 0);
    }
    return same != null
        ? same
        : new LinearPieces.Piece(
            step,
            0,
            w ->
                Math.clamp(
                    (long) Math.floor((double) w / max * reach), levels.min(), levels.max()));
  }
}
