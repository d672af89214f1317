package dev.lathe.plan;

import dev.lathe.graph.TensorFact;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a plan under construction: which share a buffer, from which node to which they live,
 * and where each buffer comes from.
 */
final class SlotTable {

  /** Where a buffer comes from. */
  enum Origin {
    ARENA,
    CONSTANT,
    INPUT,
    OUTPUT
  }

  /** One piece of memory and all the slots that look at it. */
  static final class Buffer {
    Origin origin;
    final long bytes;
    int first;
    int last;

    /** Position among the graph's inputs or outputs. */
    int port = -1;

    @Nullable MemorySegment constant;

    Buffer(Origin origin, long bytes, int first) {
      this.origin = origin;
      this.bytes = bytes;
      this.first = first;
      this.last = first;
    }
  }

  private final List<Slot> slots = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>();
  private final Map<String, Slot> byValue = new HashMap<>();

  /** A slot of its own buffer. */
  Slot create(String value, TensorFact fact, Origin origin, long bytes, int position) {
    return add(value, fact, new Buffer(origin, bytes, position));
  }

  /** A slot that shares the buffer of another. */
  Slot share(String value, TensorFact fact, Slot with) {
    return add(value, fact, buffer(with));
  }

  private Slot add(String value, TensorFact fact, Buffer buffer) {
    Slot slot = new Slot(slots.size(), value, fact);
    slots.add(slot);
    buffers.add(buffer);
    byValue.put(value, slot);
    return slot;
  }

  @Nullable Slot find(String value) {
    return byValue.get(value);
  }

  Buffer buffer(Slot slot) {
    return buffers.get(slot.index());
  }

  /** Names of the values that share a buffer. */
  List<String> valuesIn(Buffer buffer) {
    return slots.stream()
        .filter(slot -> buffers.get(slot.index()) == buffer)
        .map(Slot::value)
        .toList();
  }

  void use(Slot slot, int position) {
    Buffer buffer = buffer(slot);
    buffer.last = Math.max(buffer.last, position);
  }

  int size() {
    return slots.size();
  }

  /** The buffer of every slot, by slot index. */
  List<Buffer> buffers() {
    return List.copyOf(buffers);
  }
}
