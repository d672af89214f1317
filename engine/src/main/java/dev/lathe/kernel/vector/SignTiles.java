package dev.lathe.kernel.vector;

/**
 * The register tiles of {@link dev.lathe.kernel.GemmB1}: {@code float(d) * scale} for some rows and
 * a panel of columns. Everything is an absolute address of memory the caller has checked.
 *
 * <pre>
 * a          uint32 [words] of the first of {@code count} rows, which are aStep bytes apart
 * panel      uint32 [words][nr]
 * scales     float32 [nr]
 * acc        float32 [count][nr], the results
 * </pre>
 */
interface SignTiles {

  /** Columns of a panel. */
  int nr();

  /**
   * Computes {@code count} rows.
   *
   * @param nonzeroStep bytes from a row to its plane of nonzeros, of which only tiles of
   *     activations with zeros take notice
   * @param nonzeros int32 [count], the signs of each row that are not 0
   */
  void rows(
      long a,
      long aStep,
      int count,
      long nonzeroStep,
      long nonzeros,
      int words,
      long panel,
      long scales,
      long acc);
}
