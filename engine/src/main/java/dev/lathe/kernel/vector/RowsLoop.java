package dev.lathe.kernel.vector;

/** One function of whole rows at absolute addresses. */
interface RowsLoop {

  /**
   * Computes rows of {@code length} elements; src and dst may be the same memory.
   *
   * @param scale address of float32 [length], or 0 when there is none
   * @param bias likewise
   */
  void run(float epsilon, long scale, long bias, long src, long dst, int length, long rows);
}
