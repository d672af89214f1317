package dev.lathe.compress.scheme;

/**
 * {@code alpha * sign(w)} with alpha the mean magnitude (Rastegari et al., XNOR-Net, 2016). Zeros
 * stay zeros and count for nothing in alpha; a weight that has some takes a second bit.
 */
record BinaryScheme() implements WeightScheme {

  @Override
  public String name() {
    return "binary";
  }

  @Override
  public int bits() {
    return 2;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    int used = 1;
    for (float w : rows) {
      used = w == 0 ? 2 : used;
    }
    return LinearPieces.code(
        used,
        rows,
        pieces,
        (from, to) -> {
          float alpha = (float) TernaryScheme.meanAbove(0, rows, from, to);
          return new LinearPieces.Piece(alpha == 0 ? 1 : alpha, 0, w -> (int) Math.signum(w));
        });
  }
}
