package dev.lathe.kernel.vector;

/**
 * The register tiles of products with packed levels: {@code acc} of {@link
 * dev.lathe.kernel.GemmLevels} for some rows and vectors of columns. Everything is an absolute
 * address of memory the caller has checked.
 *
 * <pre>
 * a      float32 [rows][lanes * levels of a lane], zeros past k
 * w      lanes of a vector's columns, 64 bytes from one to the next
 * s      scales of a vector's columns, 64 bytes from block to block; their zero points lie
 *        zeroStep bytes further, unless that is 0
 * sums   float32 [rows][blocks][2], the negated sum of a and what scales are multiplied by
 * lanes  of a column
 * block  lanes of a block; a last one may be shorter
 * acc    float32 [rows][vectors]
 * </pre>
 */
interface LevelTilesF32 {

  /** Rows of {@link #rows}. */
  int MR = 4;

  /** Vectors of columns of {@link #row}. */
  int VECTORS = 4;

  /** One row times four vectors of columns. */
  void row(
      long a,
      long w0,
      long w1,
      long w2,
      long w3,
      long s0,
      long s1,
      long s2,
      long s3,
      long zeroStep,
      long sums,
      int lanes,
      int block,
      long acc);

  /**
   * Four rows times one vector of columns.
   *
   * @param aStep bytes between rows of a
   * @param sumStep bytes between rows of sums
   * @param accStep bytes between rows of acc
   */
  void rows(
      long a,
      long aStep,
      long w,
      long s,
      long zeroStep,
      long sums,
      long sumStep,
      int lanes,
      int block,
      long acc,
      long accStep);
}
