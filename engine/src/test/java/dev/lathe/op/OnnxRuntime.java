package dev.lathe.op;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import com.google.protobuf.ByteString;
import dev.lathe.ExactPeer;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.OperatorSetIdProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.onnx.proto.TensorShapeProto;
import dev.lathe.onnx.proto.TypeProto;
import dev.lathe.onnx.proto.ValueInfoProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The same single node run by ONNX Runtime, as an independent oracle. */
final class OnnxRuntime {

  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

  private OnnxRuntime() {}

  static List<Tensor> run(
      Node node, long opset, Map<String, Tensor> fed, Map<String, Tensor> constants)
      throws OrtException {
    byte[] model = model(node, opset, fed, constants).toByteArray();
    Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    try (OrtSession.SessionOptions options = ExactPeer.options()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session = ENVIRONMENT.createSession(model, options)) {
        for (Map.Entry<String, Tensor> entry : fed.entrySet()) {
          inputs.put(entry.getKey(), toOrt(entry.getValue()));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          List<Tensor> outputs = new ArrayList<>();
          for (int i = 0; i < result.size(); i++) {
            outputs.add(fromOrt((OnnxTensor) result.get(i)));
          }
          return outputs;
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor toOrt(Tensor tensor) throws OrtException {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(tensor.data().byteSize()))
            .order(ByteOrder.nativeOrder());
    MemorySegment.copy(
        tensor.data(), 0, MemorySegment.ofBuffer(bytes), 0, tensor.data().byteSize());
    return OnnxTensor.createTensor(
        ENVIRONMENT, bytes, tensor.shape().dims(), javaType(tensor.dtype()));
  }

  private static Tensor fromOrt(OnnxTensor tensor) {
    TensorInfo info = tensor.getInfo();
    DType type = type(info.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", ""));
    Tensor result = Tensor.zeros(type, Shape.of(info.getShape()));
    MemorySegment bytes = MemorySegment.ofBuffer(tensor.getByteBuffer());
    MemorySegment.copy(bytes, 0, result.data(), 0, result.data().byteSize());
    return result;
  }

  /** The type with ONNX's name in capitals, such as {@code DOUBLE}. */
  private static DType type(String name) {
    return Arrays.stream(DType.values())
        .filter(type -> type.onnxName().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(name));
  }

  private static OnnxJavaType javaType(DType type) {
    return switch (type) {
      case FLOAT32 -> OnnxJavaType.FLOAT;
      case FLOAT64 -> OnnxJavaType.DOUBLE;
      case FLOAT16 -> OnnxJavaType.FLOAT16;
      case BFLOAT16 -> OnnxJavaType.BFLOAT16;
      case INT8 -> OnnxJavaType.INT8;
      case UINT8 -> OnnxJavaType.UINT8;
      case INT16 -> OnnxJavaType.INT16;
      case INT32 -> OnnxJavaType.INT32;
      case INT64 -> OnnxJavaType.INT64;
      case BOOL -> OnnxJavaType.BOOL;
      default -> throw new IllegalArgumentException("no ONNX Runtime tensor of " + type);
    };
  }

  private static ModelProto model(
      Node node, long opset, Map<String, Tensor> fed, Map<String, Tensor> constants) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("one").addNode(proto(node));
    fed.forEach((name, tensor) -> graph.addInput(value(name, tensor)));
    constants.forEach((name, tensor) -> graph.addInitializer(proto(name, tensor)));
    for (String name : node.outputs()) {
      if (!name.isEmpty()) {
        graph.addOutput(ValueInfoProto.newBuilder().setName(name));
      }
    }
    return ModelProto.newBuilder()
        .setIrVersion(opset >= 21 ? 10 : 8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain(Microsoft.DOMAIN).setVersion(1))
        .setGraph(graph)
        .build();
  }

  private static ValueInfoProto value(String name, Tensor tensor) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (long dim : tensor.shape().dims()) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    TypeProto.Tensor type =
        TypeProto.Tensor.newBuilder().setElemType(tensor.dtype().code()).setShape(shape).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }

  private static TensorProto proto(String name, Tensor tensor) {
    TensorProto.Builder proto =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(tensor.dtype().code())
            .setRawData(ByteString.copyFrom(tensor.data().toArray(Tensor.I8)));
    for (long dim : tensor.shape().dims()) {
      proto.addDims(dim);
    }
    return proto.build();
  }

  private static NodeProto proto(Node node) {
    NodeProto.Builder proto =
        NodeProto.newBuilder()
            .setOpType(node.opType())
            .setDomain(node.domain())
            .addAllInput(node.inputs())
            .addAllOutput(node.outputs());
    node.attributes().forEach((key, value) -> proto.addAttribute(attribute(value).setName(key)));
    return proto.build();
  }

  private static AttributeProto.Builder attribute(Attribute value) {
    AttributeProto.Builder proto = AttributeProto.newBuilder();
    return switch (value) {
      case Attribute.Int(long number) ->
          proto.setType(AttributeProto.AttributeType.INT).setI(number);
      case Attribute.Real(float number) ->
          proto.setType(AttributeProto.AttributeType.FLOAT).setF(number);
      case Attribute.Text(String text) ->
          proto.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(text));
      case Attribute.Ints(List<Long> numbers) ->
          proto.setType(AttributeProto.AttributeType.INTS).addAllInts(numbers);
      case Attribute.Reals(List<Float> numbers) ->
          proto.setType(AttributeProto.AttributeType.FLOATS).addAllFloats(numbers);
      case Attribute.Texts(List<String> texts) ->
          proto
              .setType(AttributeProto.AttributeType.STRINGS)
              .addAllStrings(texts.stream().map(ByteString::copyFromUtf8).toList());
      case Attribute.OfTensor(Tensor tensor) ->
          proto.setType(AttributeProto.AttributeType.TENSOR).setT(proto("", tensor));
      default -> throw new IllegalArgumentException(value.toString());
    };
  }
}
