package dev.lathe.kernel.vector;

/**
 * The register tiles of the fp32 products: {@code acc = start + A * B} for some rows and one panel
 * of {@link dev.lathe.kernel.pack.PanelsF32}, without any epilogue. Everything is an absolute
 * address of memory the caller has checked; offsets are in bytes.
 *
 * <p>Operands of {@link #full} and {@link #four}:
 *
 * <pre>
 * rows      int64 [taps][mr or 4] addresses of the rows of A, tap t at rows + t * rowsStep
 * skip      bytes to skip at the start of every row
 * k         elements of every row to use
 * panel     float32 [taps * k][nr]
 * start     float32 [mr or 4][nr], the values the chains of fused multiply-adds go on from
 * acc       float32 [mr or 4][nr], the results; may be start
 * </pre>
 */
interface TilesF32 {

  /** Rows of {@link #full}. */
  int mr();

  /** Columns of a panel. */
  int nr();

  void full(long rows, long rowsStep, int taps, long skip, int k, long panel, long start, long acc);

  /** Four rows: the rest of a block of rows. */
  void four(long rows, long rowsStep, int taps, long skip, int k, long panel, long start, long acc);

  /**
   * One row, four panels {@code panelBytes} apart, from zero: a matrix-vector product. Results are
   * float32 [4][nr].
   */
  void wide(long rows, long rowsStep, int taps, int k, long panel, long panelBytes, long acc);
}
