package dev.lathe.tensor;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A dense row-major tensor: a type, a shape and little-endian bytes. The bytes may live on the
 * heap, off-heap in an arena or in a mapped file; a tensor never owns them. Immutable by
 * convention: constants of a model are shared between graphs.
 *
 * @param data exactly {@code dtype.bytesFor(shape.elements())} bytes
 */
public record Tensor(DType dtype, Shape shape, MemorySegment data) {

  /** Unaligned little-endian layouts: heap arrays and mapped files promise no alignment. */
  public static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  public static final ValueLayout.OfDouble F64 =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  public static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

  public Tensor {
    if (dtype == DType.STRING) {
      throw new InvalidDataException(Problem.of("strings have no dense tensor form", "tensor"));
    }
    long expected = dtype.bytesFor(shape.elements());
    if (data.byteSize() != expected) {
      throw new InvalidDataException(
          Problem.of(
              "tensor "
                  + dtype
                  + " "
                  + shape
                  + " needs "
                  + expected
                  + " bytes, got "
                  + data.byteSize(),
              "tensor"));
    }
  }

  /** A zeroed off-heap tensor, 64-byte aligned, that lives as long as {@code arena}. */
  public static Tensor allocate(DType dtype, Shape shape, Arena arena) {
    return new Tensor(dtype, shape, arena.allocate(dtype.bytesFor(shape.elements()), 64));
  }

  /** A zeroed tensor on the heap. */
  public static Tensor zeros(DType dtype, Shape shape) {
    long bytes = dtype.bytesFor(shape.elements());
    if (bytes > Integer.MAX_VALUE - 64) {
      return allocate(dtype, shape, Arena.ofAuto());
    }
    return new Tensor(dtype, shape, MemorySegment.ofArray(new byte[(int) bytes]));
  }

  /** A float tensor over {@code values} (not copied); no dimensions means a scalar. */
  public static Tensor of(float[] values, long... dims) {
    return new Tensor(DType.FLOAT32, Shape.of(dims), MemorySegment.ofArray(values));
  }

  public static Tensor of(long[] values, long... dims) {
    return new Tensor(DType.INT64, Shape.of(dims), MemorySegment.ofArray(values));
  }

  public static Tensor of(int[] values, long... dims) {
    return new Tensor(DType.INT32, Shape.of(dims), MemorySegment.ofArray(values));
  }

  /** An int8, uint8 or bool tensor over {@code values} (not copied). */
  public static Tensor of(DType dtype, byte[] values, long... dims) {
    return new Tensor(dtype, Shape.of(dims), MemorySegment.ofArray(values));
  }

  public static Tensor scalar(float value) {
    return of(new float[] {value});
  }

  public long elements() {
    return shape.elements();
  }

  /** The same bytes under another shape of as many elements. */
  public Tensor reshape(Shape other) {
    return new Tensor(dtype, other, data);
  }

  /** Element {@code index} of a float32 tensor. */
  public float f32(long index) {
    return data.get(F32, index * 4);
  }

  /**
   * Element {@code index} of an integer or bool tensor of at most 64 bits, zero- or sign-extended
   * by its type.
   */
  public long integer(long index) {
    return switch (dtype) {
      case INT64, UINT64 -> data.get(I64, index * 8);
      case INT32 -> data.get(I32, index * 4);
      case UINT32 -> Integer.toUnsignedLong(data.get(I32, index * 4));
      case INT16 -> data.get(I16, index * 2);
      case UINT16 -> Short.toUnsignedLong(data.get(I16, index * 2));
      case INT8 -> data.get(I8, index);
      case UINT8, BOOL -> Byte.toUnsignedLong(data.get(I8, index));
      case UINT4 -> nibble(index);
      case INT4 -> (nibble(index) ^ 8) - 8;
      default ->
          throw new InvalidDataException(Problem.of(dtype + " is not an integer type", "tensor"));
    };
  }

  /** Element {@code index} of a float tensor of 16 to 64 bits, exactly. */
  public double real(long index) {
    return switch (dtype) {
      case FLOAT32 -> f32(index);
      case FLOAT64 -> data.get(F64, index * 8);
      case FLOAT16 -> Float.float16ToFloat(data.get(I16, index * 2));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(I16, index * 2) << 16);
      default ->
          throw new InvalidDataException(Problem.of(dtype + " is not a float type", "tensor"));
    };
  }

  private long nibble(long index) {
    return (data.get(I8, index >> 1) >> ((index & 1) * 4)) & 15;
  }

  /** All elements of an integer tensor as longs, as shape-like operands are read. */
  public long[] toLongs() {
    long[] values = new long[Math.toIntExact(elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
    }
    return values;
  }

  /** A copy of a float32 tensor's elements. */
  public float[] toFloats() {
    float[] values = new float[Math.toIntExact(elements())];
    MemorySegment.copy(data, F32, 0, values, 0, values.length);
    return values;
  }

  @Override
  public String toString() {
    return dtype + " " + shape;
  }
}
