package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import dev.lathe.quant.Scheme;

/**
 * Integers with a scale, and a zero point when affine, from the range of a piece: the parameters
 * and rounding of docs/numerics.md.
 */
public record IntegerScheme(int bits, Scheme rule) implements WeightScheme {

  @Override
  public String name() {
    return "int" + bits + ":" + rule.name().toLowerCase(java.util.Locale.ROOT);
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    return LinearPieces.code(bits, rows, pieces, (from, to) -> piece(rows, from, to));
  }

  private LinearPieces.Piece piece(float[] rows, int from, int to) {
    Levels levels = rule.levels(bits);
    Range range = LinearPieces.range(rows, from, to);
    QuantParams chosen = QuantParams.choose(rule, levels, range);
    LinearPieces.Piece same =
        LinearPieces.recognized(rows, from, to, levels, chosen.scale(0), chosen.zeroPoint(0));
    if (same == null && rule == Scheme.AFFINE && levels.max() > 1) {
      // Rounded halves at both ends leave one level unused.
      Range wide = range.withZero();
      float scale = (float) (((double) wide.max() - wide.min()) / (levels.max() - 1));
      int zeroPoint = Math.clamp(Math.round(-wide.min() / scale), levels.min(), levels.max());
      same = LinearPieces.recognized(rows, from, to, levels, scale, zeroPoint);
    }
    return same != null
        ? same
        : new LinearPieces.Piece(chosen.scale(0), chosen.zeroPoint(0), w -> chosen.quantize(w, 0));
  }
}
