package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;

/**
 * {@code q = floor(s * (w - z))} for {@code q / s + z}, with {@code s = (2^b - 1) / (max - min)}
 * over the range widened to hold zero, and {@code z} the minimum, lowered to a multiple of {@code
 * 1/s} so that zero is a level. A weight stands for the lower edge of its step. Weights that lie on
 * such a grid already stay.
 */
record LinearScheme(int bits) implements WeightScheme {

  @Override
  public String name() {
    return "int" + bits + ":linear";
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    return LinearPieces.code(bits, rows, pieces, (from, to) -> piece(rows, from, to));
  }

  private LinearPieces.Piece piece(float[] rows, int from, int to) {
    int top = Levels.unsigned(bits).max();
    Range range = LinearPieces.range(rows, from, to).withZero();
    QuantParams grid = QuantParams.choose(Scheme.AFFINE, Levels.unsigned(bits), range);
    float step = grid.scale(0);
    LinearPieces.Piece same =
        LinearPieces.recognized(rows, from, to, Levels.unsigned(bits), step, grid.zeroPoint(0));
    if (same != null) {
      return same;
    }
    if (((double) range.max() - range.min()) / top < Float.MIN_NORMAL) {
      return new LinearPieces.Piece(1, 0, w -> 0);
    }
    int below = Math.clamp((long) Math.ceil(-(double) range.min() / step), 0, top);
    int zeroPoint = Float.isFinite(below * step) ? below : grid.zeroPoint(0);
    return new LinearPieces.Piece(step, zeroPoint, w -> level(w, range, step, zeroPoint, top));
  }

  /** The ends have the outermost levels, whatever the rounding of the step says. */
  private static int level(float w, Range range, float step, int zeroPoint, int top) {
    if (w >= range.max()) {
      return top;
    }
    return w <= range.min()
        ? 0
        : Math.clamp((long) Math.floor((double) w / step) + zeroPoint, 0, top);
  }
}
