package dev.lathe.onnx;

import com.google.protobuf.ByteString;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.OperatorSetIdProto;
import dev.lathe.onnx.proto.StringStringEntryProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.onnx.proto.TensorProto.DataType;
import dev.lathe.onnx.proto.TypeProto;
import dev.lathe.onnx.proto.ValueInfoProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Small models for tests, as messages. */
final class Models {

  private Models() {}

  /** {@code y = Relu(Conv(x, w, b))} and a sub-graph; every field a pass sees is used. */
  static ModelProto.Builder small() {
    GraphProto body =
        GraphProto.newBuilder()
            .setName("body")
            .addOutput(value("t", 1))
            .addInitializer(floats("one", 1, 1f))
            .addNode(node("Add", List.of("h", "one"), "t"))
            .build();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("small")
            .addInput(value("x", 1, 1, 4, 4))
            .addInput(value("c"))
            .addOutput(value("y", 1, 1, 4, 4))
            .addValueInfo(value("h", 1, 1, 4, 4))
            .addInitializer(raw("w", DataType.FLOAT, 36, 1, 1, 3, 3))
            .addInitializer(floats("b", 1, 0.5f))
            .addNode(
                node("Conv", List.of("x", "w", "b"), "h")
                    .setName("conv")
                    .addAttribute(ints("pads", 1, 1, 1, 1))
                    .addAttribute(
                        AttributeProto.newBuilder()
                            .setName("auto_pad")
                            .setType(AttributeType.STRING)
                            .setS(ByteString.copyFromUtf8("NOTSET")))
                    .addMetadataProps(entry("origin", "test")))
            .addNode(
                node("If", List.of("c"), "i")
                    .addAttribute(graphAttribute("then_branch", body))
                    .addAttribute(graphAttribute("else_branch", body)))
            .addNode(node("Constant", List.of(), "k").addAttribute(tensorAttribute("value")))
            .addNode(node("Sum", List.of("h", "i", "k"), "s"))
            .addNode(node("Relu", List.of("s"), "y").setName("relu"));
    return ModelProto.newBuilder()
        .setIrVersion(10)
        .setProducerName("test")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(17))
        .addMetadataProps(entry("task", "none"))
        .setGraph(graph);
  }

  /** {@code y = Identity(x)} with the given initializers. */
  static ModelProto.Builder withInitializers(TensorProto... initializers) {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("g")
            .addInput(value("x", 1))
            .addOutput(value("y", 1))
            .addNode(node("Identity", List.of("x"), "y").setName("identity"))
            .addAllInitializer(List.of(initializers));
    return model(graph);
  }

  static ModelProto.Builder model(GraphProto.Builder graph) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("").setVersion(13))
        .setGraph(graph);
  }

  static NodeProto.Builder node(String opType, List<String> inputs, String output) {
    return NodeProto.newBuilder().setOpType(opType).addAllInput(inputs).addOutput(output);
  }

  static ValueInfoProto.Builder value(String name, long... dims) {
    TypeProto.Builder type = TypeProto.newBuilder();
    type.getTensorTypeBuilder().setElemType(DataType.FLOAT_VALUE).getShapeBuilder();
    for (long dim : dims) {
      type.getTensorTypeBuilder().getShapeBuilder().addDimBuilder().setDimValue(dim);
    }
    return ValueInfoProto.newBuilder().setName(name).setType(type);
  }

  /** A tensor of {@code bytes} bytes 0, 1, 2... in {@code raw_data}. */
  static TensorProto raw(String name, DataType type, int bytes, long... dims) {
    byte[] data = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      data[i] = (byte) i;
    }
    return head(name, type, dims).setRawData(ByteString.copyFrom(data)).build();
  }

  static TensorProto floats(String name, long dim, float... values) {
    TensorProto.Builder tensor = head(name, DataType.FLOAT, dim);
    for (float value : values) {
      tensor.addFloatData(value);
    }
    return tensor.build();
  }

  static TensorProto external(String name, String location, long offset, long length, long dim) {
    return head(name, DataType.FLOAT, dim)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(entry("location", location))
        .addExternalData(entry("offset", Long.toString(offset)))
        .addExternalData(entry("length", Long.toString(length)))
        .build();
  }

  static TensorProto.Builder head(String name, DataType type, long... dims) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(type.getNumber());
    for (long dim : dims) {
      tensor.addDims(dim);
    }
    return tensor;
  }

  static AttributeProto.Builder ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS);
    for (long value : values) {
      attribute.addInts(value);
    }
    return attribute;
  }

  static AttributeProto graphAttribute(String name, GraphProto graph) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.GRAPH)
        .setG(graph)
        .build();
  }

  static AttributeProto tensorAttribute(String name) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.TENSOR)
        .setT(raw("", DataType.FLOAT, 4))
        .build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  static byte[] littleEndian(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return buffer.array();
  }
}
