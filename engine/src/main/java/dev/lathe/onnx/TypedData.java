package dev.lathe.onnx;

import com.google.protobuf.WireFormat;
import dev.lathe.onnx.Wire.Field;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Elements of a tensor in the typed fields, packed or not, as the bytes {@code raw_data} would
 * hold.
 */
final class TypedData {

  private final List<Field> chunks;
  private final DType dtype;
  private final int entryBytes;
  private final boolean fixed;
  private final String place;

  private TypedData(Wire wire, DType dtype, String place) {
    int number = fieldOf(dtype);
    this.chunks = wire.fields().stream().filter(field -> field.number() == number).toList();
    this.dtype = dtype;
    this.entryBytes =
        switch (dtype) {
          case COMPLEX64 -> 4;
          case COMPLEX128 -> 8;
          default -> Math.max(1, dtype.bits() / 8);
        };
    this.fixed = isFixed(number);
    this.place = place;
  }

  /** The typed field that holds elements of a type. */
  private static int fieldOf(DType dtype) {
    return switch (dtype) {
      case FLOAT32, COMPLEX64 -> TensorProto.FLOAT_DATA_FIELD_NUMBER;
      case FLOAT64, COMPLEX128 -> TensorProto.DOUBLE_DATA_FIELD_NUMBER;
      case INT64 -> TensorProto.INT64_DATA_FIELD_NUMBER;
      case UINT32, UINT64 -> TensorProto.UINT64_DATA_FIELD_NUMBER;
      default -> TensorProto.INT32_DATA_FIELD_NUMBER;
    };
  }

  /**
   * The elements of a tensor message without {@code raw_data}. Memory is taken only after the
   * number of entries in the file was found to be the one the shape asks for; a packed run of
   * fixed-size entries isn't copied at all.
   */
  static Tensor decode(Wire wire, DType dtype, Shape shape, String place) {
    TypedData data = new TypedData(wire, dtype, place);
    long bytes = dtype.bytesFor(shape.elements());
    long entries = data.count();
    if (entries != bytes / data.entryBytes) {
      throw OnnxErrors.invalid(
          "tensor of shape "
              + shape
              + " needs "
              + bytes / data.entryBytes
              + " entries, got "
              + entries,
          place,
          dtype + " elements are expected in field " + fieldOf(dtype) + " or in raw_data");
    }
    if (data.fixed && data.chunks.size() == 1) {
      return new Tensor(dtype, shape, data.chunks.getFirst().payload());
    }
    Tensor tensor = Tensor.zeros(dtype, shape);
    data.fill(tensor.data());
    return tensor;
  }

  /** The field that holds the contents of a decoded tensor as they are, if one does. */
  static int payload(Wire wire, Tensor tensor) {
    for (Field field : wire.fields()) {
      if (field.number() == fixedField(tensor.dtype())
          && field.isDelimited()
          && field.payload().equals(tensor.data())) {
        return field.number();
      }
    }
    return TensorOrigin.SCATTERED;
  }

  /** The typed field that holds elements of a type as little-endian bytes; 0 when none does. */
  static int fixedField(DType dtype) {
    int number = fieldOf(dtype);
    return isFixed(number) ? number : TensorOrigin.SCATTERED;
  }

  private static boolean isFixed(int number) {
    return number == TensorProto.FLOAT_DATA_FIELD_NUMBER
        || number == TensorProto.DOUBLE_DATA_FIELD_NUMBER;
  }

  private long count() {
    long entries = 0;
    for (Field chunk : chunks) {
      entries += chunk.isDelimited() ? countPacked(chunk) : countSingle(chunk);
    }
    return entries;
  }

  private int countSingle(Field chunk) {
    int expected =
        !fixed
            ? WireFormat.WIRETYPE_VARINT
            : entryBytes == 4 ? WireFormat.WIRETYPE_FIXED32 : WireFormat.WIRETYPE_FIXED64;
    if (chunk.type() != expected) {
      throw OnnxErrors.invalid(
          "field " + chunk.number() + " has wire type " + chunk.type(),
          place,
          "expected " + expected);
    }
    return 1;
  }

  private long countPacked(Field chunk) {
    MemorySegment packed = chunk.payload();
    long size = chunk.size();
    if (fixed) {
      if (size % entryBytes != 0) {
        throw OnnxErrors.invalid(
            size + " bytes are no whole number of entries of " + entryBytes + " bytes", place, "");
      }
      return size / entryBytes;
    }
    long entries = 0;
    for (long i = 0; i < size; i++) {
      entries += packed.get(ValueLayout.JAVA_BYTE, i) >= 0 ? 1 : 0;
    }
    return entries;
  }

  private void fill(MemorySegment target) {
    long at = 0;
    for (Field chunk : chunks) {
      if (fixed) {
        MemorySegment.copy(chunk.payload(), 0, target, at, chunk.size());
        at += chunk.size();
      } else {
        WireCursor cursor = chunk.cursor(place);
        while (cursor.hasMore()) {
          put(target, at, cursor.varint());
          at += entryBytes;
        }
      }
    }
  }

  /** Stores the low bits, as all ONNX readers do. */
  private void put(MemorySegment target, long at, long value) {
    switch (entryBytes) {
      case 1 -> target.set(Tensor.I8, at, (byte) value);
      case 2 -> target.set(Tensor.I16, at, (short) value);
      case 4 -> target.set(Tensor.I32, at, (int) value);
      case 8 -> target.set(Tensor.I64, at, value);
      default -> throw new IllegalStateException(dtype + " has no typed form");
    }
  }
}
