package dev.lathe.compress.scheme;

/**
 * Zero and signed powers of two, {@code 2^(b-1) - 1} neighboring exponents below that of the
 * largest weight of a piece. A weight takes the nearest of them (Zhou et al., Incremental Network
 * Quantization, 2017; the code of Miyashita, Lee and Murmann, 2016).
 */
record LogarithmicScheme(int bits) implements WeightScheme {

  @Override
  public String name() {
    return "log2:" + bits;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    int[] levels = new int[rows.length];
    int[] tops = new int[pieces.count()];
    for (int piece = 0; piece < tops.length; piece++) {
      float max = LinearPieces.range(rows, pieces.from(piece), pieces.to(piece)).maxAbs();
      tops[piece] = max == 0 ? 0 : nearest(max);
      for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
        levels[i] = level(rows[i], tops[piece]);
      }
    }
    return new WeightCode.Powers(bits, levels, pieces, tops);
  }

  /** Exponent of the power of two nearest to a magnitude; the middle goes up. */
  private static int nearest(double magnitude) {
    return Math.min(Math.getExponent(magnitude * (4.0 / 3)), Float.MAX_EXPONENT);
  }

  private int level(float w, int top) {
    int lowest = top - ((1 << (bits - 1)) - 2);
    double magnitude = Math.abs((double) w);
    if (magnitude < Math.scalb(0.5, lowest)) {
      return 0;
    }
    int exponent = Math.max(nearest(magnitude), lowest);
    return (w < 0 ? -1 : 1) * (top + 1 - exponent);
  }
}
