package dev.lathe.op;

import dev.lathe.error.InternalException;
import dev.lathe.error.Problem;
import dev.lathe.quant.Bfloat16;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Minifloat;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Access to single elements of every type but strings and complex numbers, for operators whose
 * speed doesn't matter. Indices count elements from the byte offset {@code base}.
 */
final class Elements {

  private Elements() {}

  /** An element as double; 64-bit integers are rounded to nearest. */
  static double getDouble(DType type, MemorySegment data, long base, long index) {
    return switch (type) {
      case FLOAT32 -> data.get(Tensor.F32, base + index * 4);
      case FLOAT64 -> data.get(Tensor.F64, base + index * 8);
      case FLOAT16 -> Float.float16ToFloat(data.get(Tensor.I16, base + index * 2));
      case BFLOAT16 -> Bfloat16.toFloat(data.get(Tensor.I16, base + index * 2));
      case UINT64 -> unsignedToDouble(data.get(Tensor.I64, base + index * 8));
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ ->
          Minifloat.of(type).decode(data.get(Tensor.I8, base + index) & 0xFF);
      case FLOAT4E2M1 -> Minifloat.E2M1.decode((int) nibble(data, base, index));
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
   * Stores a double: floats round to nearest even, once; those of 8 bits and less saturate, as
   * 4-bit integers do; other integers truncate towards zero; bool is {@code value != 0}.
   */
  static void putDouble(DType type, MemorySegment data, long base, long index, double value) {
    switch (type) {
      case FLOAT32 -> data.set(Tensor.F32, base + index * 4, (float) value);
      case FLOAT64 -> data.set(Tensor.F64, base + index * 8, value);
      case FLOAT16 -> data.set(Tensor.I16, base + index * 2, Float.floatToFloat16(toOdd(value)));
      case BFLOAT16 -> data.set(Tensor.I16, base + index * 2, Bfloat16.of(toOdd(value)));
      case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1 ->
          putMinifloat(type, data, base, index, value, true);
      case UINT4 -> putNibble(data, base, index, (long) Math.clamp(value, 0.0, 15.0));
      case INT4 -> putNibble(data, base, index, (long) Math.clamp(value, -8.0, 7.0));
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
      case FLOAT32 -> data.set(Tensor.F32, base + index * 4, (float) value);
      case FLOAT64 -> data.set(Tensor.F64, base + index * 8, (double) value);
      case STRING, COMPLEX64, COMPLEX128 -> throw noAccess(type);
      default -> putDouble(type, data, base, index, toOdd(value));
    }
  }

  /** Stores a double as a float of 8 bits or less, saturating or not. */
  static void putMinifloat(
      DType type, MemorySegment data, long base, long index, double value, boolean saturate) {
    int bits = Minifloat.of(type).encode(value, saturate);
    if (type == DType.FLOAT4E2M1) {
      putNibble(data, base, index, bits);
    } else {
      data.set(Tensor.I8, base + index, (byte) bits);
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
    long value = getLong(from, src, srcBase, index);
    if (from != DType.UINT64 || value >= 0 || !to.isFloat()) {
      putLong(to, dst, dstBase, index, value);
    } else if (to == DType.FLOAT64) {
      putDouble(to, dst, dstBase, index, unsignedToDouble(value));
    } else {
      putDouble(to, dst, dstBase, index, toOdd((value >>> 1) | (value & 1)) * 2);
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

  /**
   * Rounds to odd: a following rounding to fewer bits then gives what one rounding would (Boldo and
   * Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
   */
  private static float toOdd(double value) {
    float near = (float) value;
    if (near == value || Double.isNaN(value) || Float.isInfinite(near)) {
      return near;
    }
    int bits = Float.floatToRawIntBits(near);
    boolean tooLarge = Math.abs((double) near) > Math.abs(value);
    return (bits & 1) != 0 ? near : Float.intBitsToFloat(tooLarge ? bits - 1 : bits + 1);
  }

  private static double toOdd(long value) {
    int spare = Math.max(0, 11 - Long.numberOfLeadingZeros(Math.abs(value)));
    long dropped = value & ((1L << spare) - 1);
    return (double) ((value - dropped) | (dropped == 0 ? 0 : 1L << spare));
  }

  /** A float32 as the nearest value of a floating-point type of at least 16 bits. */
  static float rounded(DType type, float value) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BFLOAT16 -> Bfloat16.toFloat(Bfloat16.of(value));
      default -> value;
    };
  }

  private static InternalException noAccess(DType type) {
    return new InternalException(Problem.of("no element access for " + type, "Elements"));
  }
}
