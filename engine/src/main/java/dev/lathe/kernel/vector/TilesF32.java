package dev.lathe.kernel.vector;

/**
 * The register tiles of the fp32 products: {@code acc = A * B} for some rows and some panels of
 * {@link dev.lathe.kernel.pack.PanelsF32}, without any epilogue. Everything is an absolute address
 * of memory the caller has checked; offsets are in bytes.
 *
 * <pre>
 * rows      int64 [taps][rows of the tile], addresses of the rows of A, tap t at rows + t * rowsStep
 * k         elements of every row
 * panel     float32 [taps * k][nr]
 * acc       float32 [rows of the tile][nr], the results
 * </pre>
 *
 * <p>A row table must be readable for eight rows per tap, whatever the tile.
 */
interface TilesF32 {

  /** Rows of {@link #full}. */
  int mr();

  /** Columns of a panel. */
  int nr();

  /** mr rows, one panel. */
  void full(long rows, long rowsStep, int taps, int k, long panel, long acc);

  /** Four rows, one panel: the rest of a block of rows. */
  void four(long rows, long rowsStep, int taps, int k, long panel, long acc);

  /**
   * One row, four panels {@code panelBytes} apart: a matrix-vector product. Results are float32
   * [4][nr].
   */
  void wide(long rows, long rowsStep, int taps, int k, long panel, long panelBytes, long acc);
}
