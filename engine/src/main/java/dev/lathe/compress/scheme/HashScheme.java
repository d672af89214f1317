package dev.lathe.compress.scheme;

/**
 * Weights that a hash of their place puts into one of {@code k} buckets share the bucket's mean
 * (Chen et al., Compressing Neural Networks with the Hashing Trick, 2015). Zeros stay zeros and
 * count for nothing in the means. A piece has no more buckets than weights.
 */
record HashScheme(int k, long seed) implements WeightScheme {

  private static final long STEP = 0x9E3779B97F4A7C15L;

  @Override
  public String name() {
    return "hash:" + k + "," + seed;
  }

  @Override
  public int bits() {
    return 1;
  }

  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    int[] indices = new int[rows.length];
    float[][] books = new float[pieces.count()][];
    int used = 0;
    for (int piece = 0; piece < books.length; piece++) {
      int buckets = Math.min(k, pieces.to(piece) - pieces.from(piece));
      double[] sums = new double[buckets];
      int[] counts = new int[buckets];
      for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
        if (rows[i] == 0) {
          indices[i] = -1;
          used = 1;
        } else {
          indices[i] = bucket(i, buckets);
          sums[indices[i]] += rows[i];
          counts[indices[i]]++;
        }
      }
      books[piece] = new float[buckets];
      for (int i = 0; i < buckets; i++) {
        books[piece][i] = counts[i] == 0 ? 0 : (float) (sums[i] / counts[i]);
      }
    }
    return new WeightCode.Hashed(used, seed, indices, pieces, books);
  }

  private int bucket(int place, int buckets) {
    return (int) Long.remainderUnsigned(mix(mix(seed) + place * STEP), buckets);
  }

  /** The output function of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
  private static long mix(long state) {
    long z = state + STEP;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
