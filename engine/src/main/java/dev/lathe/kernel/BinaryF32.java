package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * An fp32 function of two operands over one contiguous run; dst may be the memory of either
 * operand.
 */
public interface BinaryF32 extends Kernel {

  /** What is computed. */
  enum Function {
    ADD,
    SUB,
    MUL,
    DIV,
    MIN,
    MAX,
    /** {@link MathF32#pow}. */
    POW,
    /** lhs < 0 ? lhs * rhs : lhs. */
    PRELU
  }

  /**
   * Computes {@code count} elements.
   *
   * @param lhsStep 1 to advance along lhs, 0 to use its one element throughout
   * @param rhsStep 1 to advance along rhs, 0 to use its one element throughout
   */
  void run(
      Function function,
      MemorySegment lhs,
      long lhsAt,
      int lhsStep,
      MemorySegment rhs,
      long rhsAt,
      int rhsStep,
      MemorySegment dst,
      long dstAt,
      long count);
}
