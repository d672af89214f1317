package dev.lathe.kernel;

/** A layout that leaves out blocks of zeros, so that its size depends on the operand's contents. */
public interface SparseLayout extends OperandLayout {

  /** Blocks of an operand that have a weight that is not zero. */
  long entries(RhsView rhs);
}
