package dev.lathe.kernel.vector;

import dev.lathe.kernel.FloatEpilogue;

/** Transposes strips of float32 elements. */
interface Transposer {

  /** What happens to elements on their way. */
  enum Kind {
    /** They are copied; all epilogues are taken for none. */
    COPY,
    /** They pass through the epilogue of the fp32 products. */
    EPILOGUE
  }

  /** Rows of a strip. */
  int rows();

  /**
   * Makes columns rows: element c of row r goes to element r of row c, through the epilogue.
   * Nothing outside the strip is read: rows must be at least four bytes apart. Everything is an
   * absolute address of memory the caller has checked.
   *
   * @param src the first row
   * @param srcStep bytes between rows
   * @param columns even
   * @param bias float32 [rows], or 0 without
   * @param addend what is added to the first column, or 0 without
   * @param addendStep bytes between what is added to columns
   * @param dst what the first column becomes
   * @param dstStep bytes between what columns become
   */
  void strip(
      FloatEpilogue epilogue,
      long src,
      long srcStep,
      int columns,
      long bias,
      long addend,
      long addendStep,
      long dst,
      long dstStep);

  /** The same without an epilogue. */
  default void strip(long src, long srcStep, int columns, long dst, long dstStep) {
    strip(FloatEpilogue.NONE, src, srcStep, columns, 0, 0, 0, dst, dstStep);
  }
}
