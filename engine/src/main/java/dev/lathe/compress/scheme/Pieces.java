package dev.lathe.compress.scheme;

/**
 * Weights cut into pieces that share parameters: rows of {@code length} weights, each cut every
 * {@code size}; the last piece of a row may be shorter.
 */
public record Pieces(int rows, int length, int size) {

  /** One piece. */
  public static Pieces whole(int elements) {
    return new Pieces(1, elements, elements);
  }

  private int perRow() {
    return Math.ceilDiv(length, size);
  }

  public int elements() {
    return rows * length;
  }

  public int count() {
    return rows * perRow();
  }

  /** Index of the first weight of a piece. */
  public int from(int piece) {
    return piece / perRow() * length + piece % perRow() * size;
  }

  /** Index after the last weight of a piece. */
  public int to(int piece) {
    int row = piece / perRow();
    return Math.min(from(piece) + size, (row + 1) * length);
  }
}
