package dev.lathe.kernel.vector;

/**
 * The register tiles of an integer product of few rows: the weights go from memory to registers as
 * bytes and are made float32 there. Everything is an absolute address of memory the caller has
 * checked.
 *
 * <p>A column operand is the address of the quads of the first of a vector's columns ({@link
 * dev.lathe.kernel.pack.QuadsS8}); {@code steps} is a multiple of 4.
 */
interface GemvTilesS8 {

  /** One row times four vectors of columns: {@code acc} is float32 [4 vectors]. */
  void row(long a, long b0, long b1, long b2, long b3, int steps, long acc);

  /**
   * Four rows times two vectors of columns.
   *
   * @param a the first row; the others follow {@code aStep} bytes apart
   * @param acc float32 [4][2 vectors]
   */
  void rows(long a, long aStep, long b0, long b1, int steps, long acc);
}
