package dev.lathe.op;

/**
 * The static split of a matrix product over threads: by row tiles when there are enough of them,
 * else by column panels. Both keep whole tiles together, so results don't depend on the number of
 * parts.
 */
record GemmParts(int m, int n, int mr, int nr, int images, boolean byRows) {

  static GemmParts of(int m, int n, int mr, int nr, int images) {
    long rowTiles = (long) images * Math.ceilDiv(m, mr);
    return new GemmParts(m, n, mr, nr, images, rowTiles >= Math.ceilDiv(n, nr) || rowTiles >= 64);
  }

  private int units() {
    return byRows ? images * Math.ceilDiv(m, mr) : Math.ceilDiv(n, nr);
  }

  int parts(int threads) {
    return Math.min(threads, units());
  }

  /** First unit of a part: row tiles of all images in order, or column panels. */
  int from(int part, int parts) {
    return (int) ((long) units() * part / parts);
  }

  int rowTiles() {
    return Math.ceilDiv(m, mr);
  }
}
