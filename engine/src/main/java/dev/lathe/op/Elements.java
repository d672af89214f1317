package dev.lathe.op;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Access to single elements of every arithmetic type, for operators whose speed doesn't matter.
 * Indices count elements from the byte offset {@code base}.
 */
final class Elements {

  private Elements() {}

  /** An element as double; 64-bit integers are rounded to nearest. */
  static double getDouble(DType type, MemorySegment data, long base, long index) {
    return switch (type) {
      case FLOAT32 -> data.get(Tensor.F32, base + index * 4);
      case FLOAT64 -> data.get(Tensor.F64, base + index * 8);
      case FLOAT16 -> Float.float16ToFloat(data.get(Tensor.I16, base + index * 2));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(Tensor.I16, base + index * 2) << 16);
      case UINT64 -> unsignedToDouble(data.get(Tensor.I64, base + index * 8));
      default -> getLong(type, data, base, index);
    };
  }

  /** An element of an integer or bool type; uint64 keeps its bits. */
  static long getLong(DType type, MemorySegment data, long base, long index) {
    return switch (type) {
      case INT64, UINT64 -> data.get(Tensor.I64, base + index * 8);
      case INT32 -> data.get(Tensor.I32, base + index * 4);
      case UINT32 -> data.get(Tensor.I32, base + index * 4) & 0xFFFF_FFFFL;
      case INT16 -> data.get(Tensor.I16, base + index * 2);
      case UINT16 -> data.get(Tensor.I16, base + index * 2) & 0xFFFFL;
      case INT8 -> data.get(Tensor.I8, base + index);
      case UINT8, BOOL -> data.get(Tensor.I8, base + index) & 0xFFL;
      case UINT4 -> nibble(data, base, index);
      case INT4 -> (nibble(data, base, index) ^ 8) - 8;
      default -> throw noAccess(type);
    };
  }

  /**
   * Stores a double: floats round to nearest even, integers truncate towards zero, bool is {@code
   * value != 0}.
   */
  static void putDouble(DType type, MemorySegment data, long base, long index, double value) {
    switch (type) {
      case FLOAT32 -> data.set(Tensor.F32, base + index * 4, (float) value);
      case FLOAT64 -> data.set(Tensor.F64, base + index * 8, value);
      case FLOAT16 -> data.set(Tensor.I16, base + index * 2, Float.floatToFloat16((float) value));
      case BFLOAT16 -> data.set(Tensor.I16, base + index * 2, toBfloat16((float) value));
      case UINT64 -> data.set(Tensor.I64, base + index * 8, doubleToUnsigned(value));
      case BOOL -> data.set(Tensor.I8, base + index, (byte) (value != 0 ? 1 : 0));
      default -> putLong(type, data, base, index, (long) value);
    }
  }

  /** Stores an integer modulo 2^bits of the type; bool is {@code value != 0}. */
  static void putLong(DType type, MemorySegment data, long base, long index, long value) {
    switch (type) {
      case INT64, UINT64 -> data.set(Tensor.I64, base + index * 8, value);
      case INT32, UINT32 -> data.set(Tensor.I32, base + index * 4, (int) value);
      case INT16, UINT16 -> data.set(Tensor.I16, base + index * 2, (short) value);
      case INT8, UINT8 -> data.set(Tensor.I8, base + index, (byte) value);
      case BOOL -> data.set(Tensor.I8, base + index, (byte) (value != 0 ? 1 : 0));
      case INT4, UINT4 -> putNibble(data, base, index, value);
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 ->
          putDouble(type, data, base, index, (double) value);
      default -> throw noAccess(type);
    }
  }

  /** Converts one element of an integer or bool type to any type. */
  static void convertInteger(
      DType from,
      MemorySegment src,
      long srcBase,
      DType to,
      MemorySegment dst,
      long dstBase,
      long index) {
    if (from == DType.UINT64 && to.isFloat()) {
      putDouble(to, dst, dstBase, index, getDouble(from, src, srcBase, index));
    } else {
      putLong(to, dst, dstBase, index, getLong(from, src, srcBase, index));
    }
  }

  /** Moves one element of {@code bytes} bytes; offsets in bytes. */
  static void move(int bytes, MemorySegment src, long srcAt, MemorySegment dst, long dstAt) {
    switch (bytes) {
      case 1 -> dst.set(Tensor.I8, dstAt, src.get(Tensor.I8, srcAt));
      case 2 -> dst.set(Tensor.I16, dstAt, src.get(Tensor.I16, srcAt));
      case 4 -> dst.set(Tensor.I32, dstAt, src.get(Tensor.I32, srcAt));
      case 8 -> dst.set(Tensor.I64, dstAt, src.get(Tensor.I64, srcAt));
      default -> MemorySegment.copy(src, srcAt, dst, dstAt, bytes);
    }
  }

  private static long nibble(MemorySegment data, long base, long index) {
    return (data.get(Tensor.I8, base + (index >> 1)) >> ((index & 1) * 4)) & 15;
  }

  private static void putNibble(MemorySegment data, long base, long index, long value) {
    long at = base + (index >> 1);
    int shift = (int) (index & 1) * 4;
    int kept = data.get(Tensor.I8, at) & ~(15 << shift);
    data.set(Tensor.I8, at, (byte) (kept | (value & 15) << shift));
  }

  private static double unsignedToDouble(long bits) {
    return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
  }

  private static long doubleToUnsigned(double value) {
    return value < 0x1p63 ? (long) value : (long) (value - 0x1p63) + Long.MIN_VALUE;
  }

  private static short toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
  }

  private static InternalException noAccess(DType type) {
    return new InternalException(Problem.of("no element access for " + type, "Elements"));
  }
}
