package dev.lathe.onnx;

import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.proto.TypeProto;
import dev.lathe.onnx.proto.ValueInfoProto;

/** What sort of value a file declares; networks compute on tensors, the others are carried. */
public enum ValueKind {
  TENSOR,
  SPARSE_TENSOR,
  SEQUENCE,
  OPTIONAL,
  MAP,
  /** The file does not say, or this is no value of a file. */
  UNDECLARED;

  /** The kind of a declared value. */
  public static ValueKind of(ValueInfo value) {
    if (value.dtype() != null) {
      return TENSOR;
    }
    if (!(value.opaque() instanceof Wire.Field field)) {
      return UNDECLARED;
    }
    TypeProto type = field.split("value").parse(ValueInfoProto.parser(), number -> true).getType();
    return switch (type.getValueCase()) {
      case TENSOR_TYPE -> TENSOR;
      case SPARSE_TENSOR_TYPE -> SPARSE_TENSOR;
      case SEQUENCE_TYPE -> SEQUENCE;
      case OPTIONAL_TYPE -> OPTIONAL;
      case MAP_TYPE -> MAP;
      default -> UNDECLARED;
    };
  }

  /** As in "input 'x' is a sequence". */
  @Override
  public String toString() {
    return switch (this) {
      case TENSOR -> "a tensor";
      case SPARSE_TENSOR -> "a sparse tensor";
      case SEQUENCE -> "a sequence";
      case OPTIONAL -> "an optional";
      case MAP -> "a map";
      case UNDECLARED -> "of no declared type";
    };
  }
}
