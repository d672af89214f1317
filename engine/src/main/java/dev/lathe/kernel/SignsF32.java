package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Packs the signs of fp32 numbers as {@link GemmB1} reads them: planes of 32-bit words in which bit
 * {@code k % 32} of word {@code k / 32} stands for number k of a row.
 *
 * <pre>
 * negative   uint32 [rows][ceil(k / 32)], set where the sign is -1
 * nonzero    likewise, set where it is not 0
 * </pre>
 *
 * <p>Bits past k are zeros.
 */
public interface SignsF32 extends Kernel {

  /** Numbers per word. */
  int WORD = 32;

  /** Words of a row of k numbers. */
  static int words(int k) {
    return Math.ceilDiv(k, WORD);
  }

  /**
   * Packs {@code rows} rows of {@code k} numbers each, one after the other.
   *
   * @param dstAt byte offset of the plane of negatives
   * @param nonzeroStep bytes from there to the plane of nonzeros; 0 when it is not wanted
   */
  void run(
      SignRule rule,
      MemorySegment src,
      long srcAt,
      int k,
      MemorySegment dst,
      long dstAt,
      long nonzeroStep,
      long rows);
}
