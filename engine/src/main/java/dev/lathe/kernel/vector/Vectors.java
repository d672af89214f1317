package dev.lathe.kernel.vector;

import dev.lathe.cpu.Isa;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the kernels of this package share: species by tier, and memory by absolute address.
 *
 * <p>Kernels check their ranges once, on entry, with {@link #address}, and then read and write
 * through {@link #ALL} at absolute addresses, where no check is left in the loops.
 */
final class Vectors {

  /**
   * The whole address space. A kernel must not use it at an address that {@link #address} has not
   * vouched for.
   */
  @SuppressWarnings("restricted")
  static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  /**
   * {@code address & ADDRESS} is the address itself (user space ends below 2^56), and tells the
   * compiler that it lies within {@link #ALL}, which folds the check away.
   */
  static final long ADDRESS = (1L << 56) - 1;

  static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  private Vectors() {}

  /**
   * The absolute address of byte {@code at} of native memory, from which {@code bytes} bytes may be
   * used while {@code segment} is alive.
   *
   * @throws IndexOutOfBoundsException when the range leaves the segment
   * @throws IllegalArgumentException for memory on the heap, which has no address
   */
  static long address(MemorySegment segment, long at, long bytes) {
    Objects.checkFromIndexSize(at, bytes, segment.byteSize());
    if (!segment.isNative()) {
      throw new IllegalArgumentException("kernel operand on the Java heap: " + segment);
    }
    return segment.address() + at;
  }

  static VectorSpecies<Float> floats(Isa isa) {
    return VectorSpecies.of(float.class, shape(isa));
  }

  static VectorSpecies<Integer> ints(Isa isa) {
    return VectorSpecies.of(int.class, shape(isa));
  }

  static VectorSpecies<Long> longs(Isa isa) {
    return VectorSpecies.of(long.class, shape(isa));
  }

  static VectorSpecies<Short> shorts(Isa isa) {
    return VectorSpecies.of(short.class, shape(isa));
  }

  static VectorSpecies<Byte> bytes(Isa isa) {
    return VectorSpecies.of(byte.class, shape(isa));
  }

  /** The vector shape of a Vector API tier. */
  static VectorShape shape(Isa isa) {
    return VectorShape.forBitSize(isa.vectorBits());
  }

  /** The exact vector class of a species, for {@code cast}; see {@link Specialization}. */
  static Class<? extends FloatVector> exact(VectorSpecies<Float> species) {
    return FloatVector.zero(species).getClass();
  }

  static Class<? extends IntVector> exactInt(VectorSpecies<Integer> species) {
    return IntVector.zero(species).getClass();
  }

  static Class<? extends LongVector> exactLong(VectorSpecies<Long> species) {
    return LongVector.zero(species).getClass();
  }

  static Class<? extends ShortVector> exactShort(VectorSpecies<Short> species) {
    return ShortVector.zero(species).getClass();
  }

  static Class<? extends ByteVector> exactByte(VectorSpecies<Byte> species) {
    return ByteVector.zero(species).getClass();
  }
}
