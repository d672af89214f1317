package dev.lathe.kernel.vector;

import dev.lathe.kernel.FloatEpilogue;

/** The epilogue of the fp32 products, from rows of sums in scratch memory to rows of C. */
interface StoreF32 {

  /**
   * Stores what the epilogue makes of columns [j, jTo), row by row. Everything is an absolute
   * address of memory the caller has checked.
   *
   * @param dstElements elements between rows of C
   * @param acc float32 [panels][height][nr], the sums
   * @param panelStep bytes from a panel's sums to the next one's
   * @param height rows
   * @param bias of column 0, or 0 without
   * @param addend of row 0 and column 0, or 0 without
   * @param dst of row 0 and column 0
   * @param i first row
   * @param j first column
   * @param jTo end of the columns
   */
  void rows(
      long dstElements,
      FloatEpilogue epilogue,
      long acc,
      long panelStep,
      int height,
      long bias,
      long addend,
      long dst,
      int i,
      int j,
      int jTo);
}
