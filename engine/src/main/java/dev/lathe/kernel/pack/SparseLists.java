package dev.lathe.kernel.pack;

import static dev.lathe.tensor.Tensor.I32;

import java.lang.foreign.MemorySegment;

/**
 * Lists of the blocks of weights that are not all zero, one list per some output channels and chunk
 * of the depth; a block is what these channels have at one place of the depth.
 *
 * <pre>
 * int32 starts[chunks][lists + 1]        the entries of a list: [start, next start)
 * entries                                entryBytes each, from the next multiple of 64 bytes on
 * </pre>
 *
 * @param lists of a chunk
 * @param depth places
 * @param chunk places of a chunk: what a tile reads of them fits the L1 cache
 * @param entryBytes bytes of an entry, which begins with the int32 byte offset of its input
 */
public record SparseLists(int lists, int depth, int chunk, int entryBytes) {

  private static final long LINE = 64;

  /** The blocks of an operand. */
  interface Blocks {

    /** Whether the weights of a list's output channels are all zero at a place of the depth. */
    boolean isEmpty(int list, int d);

    /** Writes an entry, which is zeros. */
    void write(int list, int d, MemorySegment dst, long at);
  }

  public int chunks() {
    return Math.ceilDiv(depth, chunk);
  }

  /** Where the entries begin. */
  public long entriesAt() {
    return Math.ceilDiv(4L * chunks() * (lists + 1), LINE) * LINE;
  }

  /** Where the start of a list is. */
  public long startAt(int chunk, int list) {
    return 4L * ((long) chunk * (lists + 1) + list);
  }

  /** Bytes with so many entries, a multiple of 64. */
  long bytes(long entries) {
    return Math.ceilDiv(entriesAt() + entries * entryBytes, LINE) * LINE;
  }

  long entries(Blocks blocks) {
    long entries = 0;
    for (int list = 0; list < lists; list++) {
      for (int d = 0; d < depth; d++) {
        entries += blocks.isEmpty(list, d) ? 0 : 1;
      }
    }
    return entries;
  }

  void pack(Blocks blocks, MemorySegment dst) {
    int entry = 0;
    dst.fill((byte) 0);
    for (int part = 0; part < chunks(); part++) {
      int end = Math.min(depth, (part + 1) * chunk);
      for (int list = 0; list < lists; list++) {
        dst.set(I32, startAt(part, list), entry);
        for (int d = part * chunk; d < end; d++) {
          if (!blocks.isEmpty(list, d)) {
            blocks.write(list, d, dst, entriesAt() + (long) entry++ * entryBytes);
          }
        }
      }
      dst.set(I32, startAt(part, lists), entry);
    }
  }
}
