package dev.lathe.onnx;

import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.proto.TensorShapeProto;
import dev.lathe.onnx.proto.TypeProto;
import dev.lathe.onnx.proto.ValueInfoProto;
import dev.lathe.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@link ValueInfoProto} to {@link ValueInfo} and back; the field of the file is the opaque part.
 */
final class ValueInfoCodec {

  private ValueInfoCodec() {}

  static ValueInfo decode(Wire.Field field, String what) {
    Wire wire = field.split(what);
    ValueInfoProto proto = wire.parse(ValueInfoProto.parser(), number -> true);
    String name = OnnxErrors.name(proto.getNameBytes(), "name of a value", wire.place());
    String place = what + " '" + name + "', " + wire.place();
    TypeProto.Tensor type = proto.getType().getTensorType();
    int code = type.getElemType();
    return new ValueInfo(
        name,
        DType.isKnown(code) ? DType.ofCode(code) : null,
        type.hasShape() ? dims(type.getShape(), place) : null,
        field);
  }

  private static List<Dim> dims(TensorShapeProto shape, String place) {
    List<Dim> dims = new ArrayList<>(shape.getDimCount());
    for (TensorShapeProto.Dimension dim : shape.getDimList()) {
      if (!dim.getDimParam().isEmpty()) {
        dims.add(new Dim.Symbol(dim.getDimParam()));
      } else if (!dim.hasDimValue() || dim.getDimValue() == -1) {
        dims.add(new Dim.Unknown());
      } else if (dim.getDimValue() < 0) {
        throw OnnxErrors.invalid("negative dimension " + dim.getDimValue(), place, "");
      } else {
        dims.add(new Dim.Fixed(dim.getDimValue()));
      }
    }
    return dims;
  }

  /** The message of a value; keeps what the file says beyond name, type and shape. */
  static ValueInfoProto encode(ValueInfo value) {
    ValueInfoProto.Builder proto = ValueInfoProto.newBuilder();
    if (value.opaque() instanceof Wire.Field field) {
      Wire wire = field.split("value");
      proto.mergeFrom(wire.parse(ValueInfoProto.parser(), number -> true));
    }
    proto.setName(value.name());
    TypeProto.Builder type = proto.getTypeBuilder();
    if (value.dtype() != null) {
      type.getTensorTypeBuilder().setElemType(value.dtype().code());
    }
    if (type.hasTensorType()) {
      List<Dim> dims = value.dims();
      if (dims == null) {
        type.getTensorTypeBuilder().clearShape();
      } else {
        type.getTensorTypeBuilder().setShape(shape(dims));
      }
    }
    if (!type.hasTensorType() && !proto.getType().hasDenotation() && noType(type)) {
      proto.clearType();
    }
    return proto.build();
  }

  private static boolean noType(TypeProto.Builder type) {
    return type.getValueCase() == TypeProto.ValueCase.VALUE_NOT_SET;
  }

  private static TensorShapeProto shape(List<Dim> dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Dim dim : dims) {
      switch (dim) {
        case Dim.Fixed fixed -> shape.addDimBuilder().setDimValue(fixed.size());
        case Dim.Symbol symbol -> shape.addDimBuilder().setDimParam(symbol.name());
        case Dim.Unknown unknown -> shape.addDimBuilder();
      }
    }
    return shape.build();
  }

  /** The field of the file if it still says what {@code value} says, else null. */
  static Wire.@Nullable Field untouched(ValueInfo value) {
    return value.opaque() instanceof Wire.Field field && decode(field, "value").equals(value)
        ? field
        : null;
  }
}
