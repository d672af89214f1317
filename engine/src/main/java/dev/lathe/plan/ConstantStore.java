package dev.lathe.plan;

import dev.lathe.kernel.OperandLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Native forms of a model's constants, made once and shared by all plans of its sessions.
 * Thread-safe.
 */
public final class ConstantStore implements AutoCloseable {

  private record Key(String contents, String form) {}

  private final Arena arena;
  private final Map<Key, MemorySegment> segments = new HashMap<>();
  private final Map<String, Tensor> owners = new HashMap<>();
  private final Map<Byte, MemorySegment> fills = new HashMap<>();
  private long bytes;

  /** A store whose memory lives until {@link #close}. */
  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  public ConstantStore() {
    this(Arena.ofShared());
  }

  /** A store in an arena of its own that {@link #close} closes. */
  ConstantStore(Arena arena) {
    this.arena = arena;
  }

  /**
   * Whether the store's forms of the constant {@code name} are those of {@code tensor}. The first
   * contents seen under a name own it; others, such as shape arithmetic of another plan or of
   * another scope, belong in the memory of their plan.
   */
  synchronized boolean owns(String name, Tensor tensor) {
    Tensor owner = owners.putIfAbsent(name, tensor);
    return owner == null
        || (owner.dtype() == tensor.dtype()
            && owner.shape().equals(tensor.shape())
            && (owner.data().equals(tensor.data()) || owner.data().mismatch(tensor.data()) < 0));
  }

  /** The packed form of an operand; see {@link Lowering#packed}. */
  synchronized MemorySegment packed(String key, OperandLayout layout, Supplier<RhsView> source) {
    return segments.computeIfAbsent(
        new Key(key, layout.name()),
        absent -> {
          RhsView rhs = source.get();
          MemorySegment packed = allocate(layout.bytes(rhs));
          layout.pack(rhs, packed);
          return packed;
        });
  }

  /** The constant's own bytes in native memory. */
  synchronized MemorySegment plain(String name, Tensor tensor) {
    if (tensor.data().isNative()) {
      return tensor.data();
    }
    return segments.computeIfAbsent(
        new Key(name, "plain"),
        absent -> allocate(tensor.data().byteSize()).copyFrom(tensor.data()));
  }

  synchronized MemorySegment filled(byte value, long size) {
    MemorySegment known = fills.get(value);
    if (known == null || known.byteSize() < size) {
      known = allocate(size).fill(value);
      fills.put(value, known);
    }
    return known;
  }

  private MemorySegment allocate(long size) {
    long padded = ArenaLayout.align(Math.max(size, 1));
    bytes += padded;
    return arena.allocate(padded, ArenaLayout.ALIGNMENT).asSlice(0, size);
  }

  /** Bytes of native memory held. */
  public synchronized long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    arena.close();
  }
}
