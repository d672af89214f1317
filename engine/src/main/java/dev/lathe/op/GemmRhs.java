package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntToLongFunction;

/** Where a product step finds the packed right operand of one image and group. */
interface GemmRhs {

  MemorySegment segment(Frame frame, int image, int group);

  /** Byte offset in {@link #segment}. */
  long at(Frame frame, int image, int group);

  /** Constants, one per group. */
  static GemmRhs perGroup(List<MemorySegment> packed) {
    return new Constants(packed.toArray(MemorySegment[]::new), null);
  }

  /** Constants; {@code matrix} says which one an image multiplies with. */
  static GemmRhs perImage(List<MemorySegment> packed, IntToLongFunction matrix) {
    return new Constants(packed.toArray(MemorySegment[]::new), matrix);
  }

  /**
   * Packed in the run, one matrix of {@code bytes} bytes after the other; an image and group
   * multiply with number {@code matrix(image) + group}.
   */
  static GemmRhs inSlot(Slot slot, long bytes, IntToLongFunction matrix) {
    return new InSlot(slot, bytes, matrix);
  }

  /** See the factories. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Constants(
      MemorySegment[] packed, @org.jspecify.annotations.Nullable IntToLongFunction matrix)
      implements GemmRhs {

    @Override
    public MemorySegment segment(Frame frame, int image, int group) {
      return packed[matrix == null ? group : (int) matrix.applyAsLong(image)];
    }

    @Override
    public long at(Frame frame, int image, int group) {
      return 0;
    }
  }

  /** See the factories. */
  record InSlot(Slot slot, long bytes, IntToLongFunction matrix) implements GemmRhs {

    @Override
    public MemorySegment segment(Frame frame, int image, int group) {
      return frame.segment(slot);
    }

    @Override
    public long at(Frame frame, int image, int group) {
      return frame.at(slot) + (matrix.applyAsLong(image) + group) * bytes;
    }
  }
}
