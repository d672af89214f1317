package dev.lathe.compress.scheme;

/**
 * {@code -alpha, 0, alpha}: weights of a magnitude up to 0.7 times the mean one become 0, alpha is
 * the mean magnitude of the others (Li and Liu, Ternary Weight Networks, 2016).
 */
record TernaryScheme() implements WeightScheme {

  private static final double THRESHOLD = 0.7;

  @Override
  public String name() {
    return "ternary";
  }

  @Override
  public int bits() {
    return 2;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    return LinearPieces.code(bits(), rows, pieces, (from, to) -> piece(rows, from, to));
  }

  private static LinearPieces.Piece piece(float[] rows, int from, int to) {
    double threshold = THRESHOLD * meanAbove(0, rows, from, to) * share(rows, from, to);
    float alpha = (float) meanAbove(threshold, rows, from, to);
    return alpha == 0
        ? new LinearPieces.Piece(1, 0, w -> 0)
        : new LinearPieces.Piece(alpha, 0, w -> Math.abs(w) > threshold ? (int) Math.signum(w) : 0);
  }

  /** Share of the weights that are not 0. */
  private static double share(float[] rows, int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
      count += rows[i] == 0 ? 0 : 1;
    }
    return (double) count / (to - from);
  }

  /** Mean magnitude of the weights whose magnitude is above a threshold; 0 when there is none. */
  static double meanAbove(double threshold, float[] rows, int from, int to) {
    double sum = 0;
    int count = 0;
    for (int i = from; i < to; i++) {
      double magnitude = Math.abs((double) rows[i]);
      if (magnitude > threshold) {
        sum += magnitude;
        count++;
      }
    }
    return count == 0 ? 0 : sum / count;
  }
}
