package dev.lathe.kernel.vector;

/** Transposes strips of elements of 32 bits. */
interface Transposer {

  /** Rows of a strip. */
  int rows();

  /**
   * Makes columns rows: element c of row r goes to element r of row c. Nothing outside the strip is
   * read: rows must be at least four bytes apart.
   *
   * @param src address of the first row
   * @param srcStep bytes between rows
   * @param dst address of what the first column becomes
   * @param dstStep bytes between what columns become
   * @param columns even
   */
  void strip(long src, long srcStep, long dst, long dstStep, int columns);
}
