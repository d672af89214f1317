package dev.lathe.compress.scheme;

import dev.lathe.quant.Levels;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import org.jspecify.annotations.Nullable;

/** What schemes of levels, scales and zero points have in common. */
final class LinearPieces {

  private LinearPieces() {}

  /** A weight to its level. */
  @FunctionalInterface
  interface Rounding {
    int level(float weight);
  }

  /** How a piece is coded. */
  record Piece(float scale, int zeroPoint, Rounding rounding) {}

  /** Chooses the code of weights {@code from} to {@code to}. */
  @FunctionalInterface
  interface Choice {
    Piece of(int from, int to);
  }

  static WeightCode.Linear code(int bits, float[] rows, Pieces pieces, Choice choice) {
    int[] levels = new int[rows.length];
    float[] scales = new float[pieces.count()];
    int[] zeroPoints = new int[scales.length];
    for (int i = 0; i < scales.length; i++) {
      Piece piece = choice.of(pieces.from(i), pieces.to(i));
      scales[i] = piece.scale();
      zeroPoints[i] = piece.zeroPoint();
      for (int at = pieces.from(i); at < pieces.to(i); at++) {
        levels[at] = piece.rounding().level(rows[at]);
      }
    }
    return new WeightCode.Linear(bits, levels, pieces, scales, zeroPoints);
  }

  static Range range(float[] rows, int from, int to) {
    float min = rows[from];
    float max = min;
    for (int i = from + 1; i < to; i++) {
      min = Math.min(min, rows[i]);
      max = Math.max(max, rows[i]);
    }
    return new Range(min, max);
  }

  /**
   * The code of weights that lie on a grid already, or null: a scale found from rounded products
   * may be off in its last bit.
   *
   * @param zeroPoint within the levels
   */
  static @Nullable Piece recognized(
      float[] rows, int from, int to, Levels levels, float scale, int zeroPoint) {
    for (float one : new float[] {scale, Math.nextDown(scale), Math.nextUp(scale)}) {
      if (one > 0 && Float.isFinite(one)) {
        QuantParams params =
            QuantParams.of(
                levels, QuantParams.PER_TENSOR, new float[] {one}, new int[] {zeroPoint});
        if (holds(rows, from, to, params)) {
          return new Piece(one, zeroPoint, w -> params.quantize(w, 0));
        }
      }
    }
    return null;
  }

  private static boolean holds(float[] rows, int from, int to, QuantParams params) {
    for (int i = from; i < to; i++) {
      if (params.dequantize(params.quantize(rows[i], 0), 0) != rows[i]) {
        return false;
      }
    }
    return true;
  }
}
