package dev.lathe.kernel.vector;

/** One function of two operands over contiguous floats at absolute addresses. */
interface BinaryLoop {

  /**
   * Computes {@code count} elements, at least one.
   *
   * @param lhsStep 1, or 0 to use the one element {@code lhs} throughout
   * @param rhsStep likewise
   */
  void run(long lhs, int lhsStep, long rhs, int rhsStep, long dst, long count);
}
