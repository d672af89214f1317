package dev.lathe.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Places buffers with known lifetimes in one arena so that no two that live at the same time
 * overlap. Largest first, each at the lowest free offset among its contemporaries (greedy by size,
 * after Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
 */
final class ArenaLayout {

  static final long ALIGNMENT = 64;

  /**
   * A buffer that lives from the step of node {@code first} to that of node {@code last},
   * inclusive.
   *
   * @param id caller's identification
   */
  record Buffer(int id, long bytes, int first, int last) {
    boolean livesWith(Buffer other) {
      return first <= other.last && other.first <= last;
    }
  }

  private record Placed(Buffer buffer, long offset) {
    long end() {
      return offset + align(buffer.bytes());
    }
  }

  private final List<Placed> placed = new ArrayList<>();
  private long bytes;

  ArenaLayout(List<Buffer> buffers) {
    List<Buffer> order = new ArrayList<>(buffers);
    order.sort(Comparator.comparingLong(Buffer::bytes).reversed().thenComparingInt(Buffer::first));
    for (Buffer buffer : order) {
      Placed place = new Placed(buffer, lowestGap(buffer));
      placed.add(place);
      bytes = Math.max(bytes, place.end());
    }
  }

  private long lowestGap(Buffer buffer) {
    List<Placed> neighbours = new ArrayList<>();
    for (Placed other : placed) {
      if (other.buffer.livesWith(buffer)) {
        neighbours.add(other);
      }
    }
    neighbours.sort(Comparator.comparingLong(Placed::offset));
    long candidate = 0;
    for (Placed other : neighbours) {
      if (other.offset - candidate >= align(buffer.bytes())) {
        break;
      }
      candidate = Math.max(candidate, other.end());
    }
    return candidate;
  }

  static long align(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  /** Size of the arena. */
  long bytes() {
    return bytes;
  }

  /** Offset of each buffer, indexed by its id. */
  long[] offsets(int ids) {
    long[] offsets = new long[ids];
    for (Placed place : placed) {
      offsets[place.buffer.id()] = place.offset;
    }
    return offsets;
  }
}
