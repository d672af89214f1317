package dev.lathe.plan;

import java.lang.foreign.MemorySegment;

/**
 * The memory of one run: an arena for inner values and the segments the caller supplied. Used by
 * one run at a time and then reused.
 */
public final class Frame {

  private final MemorySegment[] segments;
  private final long[] offsets;

  Frame(int slots) {
    this.segments = new MemorySegment[slots];
    this.offsets = new long[slots];
  }

  /** Native memory that holds the slot's value. */
  public MemorySegment segment(Slot slot) {
    return segments[slot.index()];
  }

  /** Byte offset of the slot's value in {@link #segment}. */
  public long at(Slot slot) {
    return offsets[slot.index()];
  }

  void bind(int slot, MemorySegment segment, long offset) {
    segments[slot] = segment;
    offsets[slot] = offset;
  }
}
