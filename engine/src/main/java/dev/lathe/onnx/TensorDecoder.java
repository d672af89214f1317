package dev.lathe.onnx;

import dev.lathe.error.InvalidModelException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** A {@link TensorProto} as a tensor over the bytes of the file. */
final class TensorDecoder {

  private final OutsideContents outside;

  TensorDecoder(OutsideContents outside) {
    this.outside = outside;
  }

  /** Whether a field holds elements. */
  static boolean isPayload(int field) {
    return switch (field) {
      case TensorProto.FLOAT_DATA_FIELD_NUMBER,
          TensorProto.INT32_DATA_FIELD_NUMBER,
          TensorProto.STRING_DATA_FIELD_NUMBER,
          TensorProto.INT64_DATA_FIELD_NUMBER,
          TensorProto.RAW_DATA_FIELD_NUMBER,
          TensorProto.DOUBLE_DATA_FIELD_NUMBER,
          TensorProto.UINT64_DATA_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  /**
   * Decodes a tensor message.
   *
   * @throws InvalidModelException when shape, size and data contradict each other
   * @throws UnsupportedException for an element type Lathe does not know
   */
  TensorOrigin decode(Wire.Field field, String what) {
    return decode(field.split(what));
  }

  /** Decodes a tensor message, as {@link #decode(Wire.Field, String)}. */
  TensorOrigin decode(Wire wire) {
    TensorProto head = wire.parse(TensorProto.parser(), number -> !isPayload(number));
    String name = OnnxErrors.name(head.getNameBytes(), "tensor name", wire.place());
    String place = "tensor '" + name + "', " + wire.place();
    DType dtype = dtype(head, place);
    Shape shape = shape(head, place);
    if (head.hasSegment()) {
      throw new UnsupportedException(
          new Problem("tensor in segments", place, "no known exporter writes them", ""));
    }
    boolean external = head.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    if (dtype == DType.STRING) {
      checkStrings(wire, shape, external, place);
      return new TensorOrigin(name, null, wire, false, TensorOrigin.SCATTERED);
    }
    long size = size(dtype, shape, place);
    if (external) {
      MemorySegment data = outside.read(head.getExternalDataList(), size, place);
      int payload = outside.payload(head.getExternalDataList(), dtype, place);
      return new TensorOrigin(name, new Tensor(dtype, shape, data), wire, true, payload);
    }
    Wire.Field raw = wire.single(TensorProto.RAW_DATA_FIELD_NUMBER);
    if (raw == null || (raw.size() == 0 && size > 0)) {
      Tensor tensor = TypedData.decode(wire, dtype, shape, place);
      return new TensorOrigin(name, tensor, wire, false, TypedData.payload(wire, tensor));
    }
    if (raw.size() != size) {
      throw OnnxErrors.invalid(
          "tensor " + dtype + " " + shape + " needs " + size + " bytes",
          place,
          "raw_data has " + raw.size());
    }
    Tensor tensor = new Tensor(dtype, shape, raw.payload());
    return new TensorOrigin(name, tensor, wire, false, TensorProto.RAW_DATA_FIELD_NUMBER);
  }

  private static DType dtype(TensorProto head, String place) {
    int code = head.getDataType();
    if (code == TensorProto.DataType.UNDEFINED_VALUE) {
      throw OnnxErrors.invalid("tensor without an element type", place, "");
    }
    if (!DType.isKnown(code)) {
      throw new UnsupportedException(
          new Problem(
              "element type code " + code,
              place,
              "codes up to " + DType.FLOAT4E2M1.code() + " are known",
              "export the model with another element type"));
    }
    return DType.ofCode(code);
  }

  private static Shape shape(TensorProto head, String place) {
    try {
      return Shape.of(head.getDimsList().stream().mapToLong(Long::longValue).toArray());
    } catch (InvalidModelException e) {
      throw new InvalidModelException(
          new Problem(e.problems().getFirst().what(), place, "", OnnxErrors.DAMAGED), e);
    }
  }

  private static long size(DType dtype, Shape shape, String place) {
    try {
      return dtype.bytesFor(shape.elements());
    } catch (ArithmeticException e) {
      throw new InvalidModelException(
          new Problem("number of bytes overflows in shape " + shape, place, "", OnnxErrors.DAMAGED),
          e);
    }
  }

  private static void checkStrings(Wire wire, Shape shape, boolean external, String place) {
    int strings = wire.all(TensorProto.STRING_DATA_FIELD_NUMBER).size();
    if (external || strings != shape.elements()) {
      throw OnnxErrors.invalid(
          "tensor of shape " + shape + " needs " + shape.elements() + " strings",
          place,
          external ? "strings can't be external data" : "string_data has " + strings);
    }
  }
}
