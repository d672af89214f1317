package dev.lathe.op;

/** The static split of a batch of images over threads, by output rows in image order. */
final class ImageRows {

  private ImageRows() {}

  static int parts(int images, int height, int threads) {
    return Math.clamp((long) images * height, 1, threads);
  }

  /** First row of a part, counted through all images; that of part {@code parts} is the end. */
  static int from(int images, int height, int part, int parts) {
    return (int) ((long) images * height * part / parts);
  }
}
