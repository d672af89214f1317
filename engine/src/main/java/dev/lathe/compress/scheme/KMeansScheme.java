package dev.lathe.compress.scheme;

import java.util.Arrays;

/**
 * The nearest of {@code k} values that k-means found for each piece. Where a piece holds zeros, 0
 * is one of them. A piece of no more than {@code k} values keeps them.
 */
record KMeansScheme(int k, KMeans.Start start) implements WeightScheme {

  private static final long SEED = 1;

  @Override
  public String name() {
    return "kmeans:" + k + "," + start.title;
  }

  @Override
  public int bits() {
    return bitsFor(k);
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    int[] indices = new int[rows.length];
    float[][] books = new float[pieces.count()][];
    int largest = 1;
    for (int piece = 0; piece < books.length; piece++) {
      float[] values = Arrays.copyOfRange(rows, pieces.from(piece), pieces.to(piece));
      float[] book = KMeans.codebook(values, k, start, SEED + piece);
      for (int i = 0; i < values.length; i++) {
        indices[pieces.from(piece) + i] = KMeans.nearest(book, values[i]);
      }
      books[piece] = book;
      largest = Math.max(largest, book.length);
    }
    return new WeightCode.Codebook(bitsFor(largest), indices, pieces, books);
  }

  /** Bits of an index below {@code count}. */
  private static int bitsFor(int count) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(count - 1);
  }
}
