package dev.lathe.onnx;

import static dev.lathe.onnx.Models.entry;
import static dev.lathe.onnx.Models.head;
import static dev.lathe.onnx.Models.node;
import static dev.lathe.onnx.Models.raw;
import static dev.lathe.onnx.Models.value;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.FunctionProto;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.SparseTensorProto;
import dev.lathe.onnx.proto.TensorAnnotation;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.onnx.proto.TensorProto.DataType;
import dev.lathe.onnx.proto.TrainingInfoProto;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read and written again stays what it was. */
class RoundTripTest {

  private static ModelProto roundTrip(ModelProto model) {
    try {
      return ModelProto.parseFrom(OnnxWriter.toBytes(OnnxReader.read(model.toByteArray())));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError("what was written is no Protobuf message", e);
    }
  }

  private static byte[] bytes(Tensor tensor) {
    return tensor.data().toArray(ValueLayout.JAVA_BYTE);
  }

  private static Tensor constant(Network network, String name) {
    return requireNonNull(network.graph().constants().get(name));
  }

  @Test
  void untouchedModelKeepsItsBytes() {
    byte[] model = Models.small().build().toByteArray();
    assertThat(OnnxWriter.toBytes(OnnxReader.read(model))).isEqualTo(model);
  }

  @Test
  void decodesWhatPassesSee() {
    Network network = OnnxReader.read(Models.small().build().toByteArray());
    assertThat(network.irVersion()).isEqualTo(10);
    assertThat(network.opset()).isEqualTo(17);
    assertThat(network.producer()).isEqualTo("test");
    assertThat(network.metadata()).containsExactly(java.util.Map.entry("task", "none"));
    Graph graph = network.graph();
    assertThat(graph.inputs()).extracting("name").containsExactly("x", "c");
    assertThat(graph.inputs().getFirst().dtype()).isEqualTo(DType.FLOAT32);
    assertThat(requireNonNull(graph.inputs().getFirst().dims()).getLast())
        .isEqualTo(new Dim.Fixed(4));
    assertThat(graph.nodes())
        .extracting(Node::name)
        .containsExactly("conv", "If_i", "Constant_k", "Sum_s", "relu");
    Node conv = graph.nodes().getFirst();
    assertThat(conv.intsAttribute("pads")).containsExactly(1, 1, 1, 1);
    assertThat(conv.textAttribute("auto_pad", "")).isEqualTo("NOTSET");
    assertThat(conv.metadata()).containsEntry("origin", "test");
    assertThat(constant(network, "w").shape().toString()).isEqualTo("1x1x3x3");
    assertThat(constant(network, "b").f32(0)).isEqualTo(0.5f);
    assertThat(graph.nodes().get(1).attributes().get("then_branch"))
        .isInstanceOf(Attribute.OfGraph.class);
    assertThat(graph.valueInfos()).containsKey("h");
  }

  @ParameterizedTest
  @EnumSource(value = DType.class, mode = EnumSource.Mode.EXCLUDE, names = "STRING")
  void rawTensorsOfEveryType(DType dtype) {
    int size = (int) dtype.bytesFor(5);
    TensorProto tensor = raw("t", requireNonNull(DataType.forNumber(dtype.code())), size, 5);
    ModelProto model = Models.withInitializers(tensor).build();
    Tensor read = constant(OnnxReader.read(model.toByteArray()), "t");
    assertThat(read.dtype()).isEqualTo(dtype);
    assertThat(bytes(read)).isEqualTo(tensor.getRawData().toByteArray());
    assertThat(roundTrip(model)).isEqualTo(model);
  }

  static Stream<DType> typedTypes() {
    return Stream.of(DType.values()).filter(dtype -> dtype != DType.STRING);
  }

  /**
   * The same contents in the typed field, as packed and as single entries, equal those in raw_data.
   */
  @ParameterizedTest
  @MethodSource("typedTypes")
  void typedTensorsOfEveryType(DType dtype) {
    TensorProto.Builder typed = head("t", requireNonNull(DataType.forNumber(dtype.code())), 6);
    switch (dtype) {
      case FLOAT32 -> List.of(1f, -2f, Float.NaN, 0f, 1e-40f, 3f).forEach(typed::addFloatData);
      case COMPLEX64 -> {
        for (int i = 0; i < 12; i++) {
          typed.addFloatData(i);
        }
      }
      case FLOAT64 -> List.of(1d, -2d, 0d, 1e300, 5d, 6d).forEach(typed::addDoubleData);
      case COMPLEX128 -> {
        for (int i = 0; i < 12; i++) {
          typed.addDoubleData(i);
        }
      }
      case INT64 -> List.of(1L, -1L, Long.MIN_VALUE, 4L, 5L, 6L).forEach(typed::addInt64Data);
      case UINT32 -> List.of(1L, 0xFFFFFFFFL, 3L, 4L, 5L, 6L).forEach(typed::addUint64Data);
      case UINT64 -> List.of(1L, -1L, 3L, 4L, 5L, 6L).forEach(typed::addUint64Data);
      case INT32 -> List.of(1, -1, Integer.MIN_VALUE, 4, 5, 6).forEach(typed::addInt32Data);
      case UINT4, INT4, FLOAT4E2M1 -> List.of(0x21, 0x43, 0xF5).forEach(typed::addInt32Data);
      case INT8, INT16 -> List.of(1, -1, -128, 127, 5, 6).forEach(typed::addInt32Data);
      default -> List.of(1, 0, 127, 128, 255, 6).forEach(typed::addInt32Data);
    }
    ModelProto model = Models.withInitializers(typed.build()).build();
    Tensor read = constant(OnnxReader.read(model.toByteArray()), "t");
    assertThat(read.dtype()).isEqualTo(dtype);
    assertThat(bytes(read)).isEqualTo(expected(typed, dtype));
    assertThat(roundTrip(model)).isEqualTo(model);

    byte[] unpacked = unpacked(typed.build());
    ModelProto.Builder outer = Models.withInitializers();
    outer.getGraphBuilder().setUnknownFields(unknown(5, ByteString.copyFrom(unpacked)));
    Tensor single = constant(OnnxReader.read(outer.build().toByteArray()), "t");
    assertThat(bytes(single)).isEqualTo(bytes(read));
  }

  private static byte[] expected(TensorProto.Builder typed, DType dtype) {
    java.nio.ByteBuffer buffer =
        java.nio.ByteBuffer.allocate(200).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    typed.getFloatDataList().forEach(buffer::putFloat);
    typed.getDoubleDataList().forEach(buffer::putDouble);
    typed.getInt64DataList().forEach(buffer::putLong);
    for (long value : typed.getUint64DataList()) {
      if (dtype == DType.UINT32) {
        buffer.putInt((int) value);
      } else {
        buffer.putLong(value);
      }
    }
    for (int value : typed.getInt32DataList()) {
      switch (dtype.bits()) {
        case 32 -> buffer.putInt(value);
        case 16 -> buffer.putShort((short) value);
        default -> buffer.put((byte) value);
      }
    }
    return java.util.Arrays.copyOf(buffer.array(), buffer.position());
  }

  /** The same message with every packed field spelled as single entries. */
  private static byte[] unpacked(TensorProto tensor) {
    UnknownFieldSet.Builder fields =
        UnknownFieldSet.newBuilder()
            .mergeFrom(unknown(8, tensor.getNameBytes()))
            .addField(1, varint(tensor.getDims(0)))
            .addField(2, varint(tensor.getDataType()));
    UnknownFieldSet.Field.Builder floats = UnknownFieldSet.Field.newBuilder();
    tensor.getFloatDataList().forEach(v -> floats.addFixed32(Float.floatToRawIntBits(v)));
    UnknownFieldSet.Field.Builder doubles = UnknownFieldSet.Field.newBuilder();
    tensor.getDoubleDataList().forEach(v -> doubles.addFixed64(Double.doubleToRawLongBits(v)));
    UnknownFieldSet.Field.Builder ints = UnknownFieldSet.Field.newBuilder();
    tensor.getInt32DataList().forEach(v -> ints.addVarint(v));
    UnknownFieldSet.Field.Builder longs = UnknownFieldSet.Field.newBuilder();
    tensor.getInt64DataList().forEach(longs::addVarint);
    UnknownFieldSet.Field.Builder unsigned = UnknownFieldSet.Field.newBuilder();
    tensor.getUint64DataList().forEach(unsigned::addVarint);
    return fields
        .addField(4, floats.build())
        .addField(5, ints.build())
        .addField(7, longs.build())
        .addField(10, doubles.build())
        .addField(11, unsigned.build())
        .build()
        .toByteArray();
  }

  private static UnknownFieldSet.Field varint(long value) {
    return UnknownFieldSet.Field.newBuilder().addVarint(value).build();
  }

  private static UnknownFieldSet unknown(int number, ByteString value) {
    return UnknownFieldSet.newBuilder()
        .addField(number, UnknownFieldSet.Field.newBuilder().addLengthDelimited(value).build())
        .build();
  }

  @Test
  void unknownFieldsOfEveryLevelStay() {
    UnknownFieldSet extra = unknown(1000, ByteString.copyFromUtf8("later version"));
    ModelProto.Builder model = Models.small().setUnknownFields(extra);
    GraphProto.Builder graph = model.getGraphBuilder().setUnknownFields(extra);
    graph.getNodeBuilder(0).setUnknownFields(extra);
    graph.getNodeBuilder(0).getAttributeBuilder(0).setUnknownFields(extra);
    graph.getInitializerBuilder(0).setUnknownFields(extra);
    graph.getInputBuilder(0).setUnknownFields(extra);
    graph.getValueInfoBuilder(0).setUnknownFields(extra);
    byte[] bytes = model.build().toByteArray();
    assertThat(OnnxWriter.toBytes(OnnxReader.read(bytes))).isEqualTo(bytes);
  }

  @Test
  void unknownFieldsStayWhereAPassChangedSomethingElse() {
    UnknownFieldSet extra = unknown(1000, ByteString.copyFromUtf8("later version"));
    ModelProto.Builder model = Models.small().setUnknownFields(extra);
    model.getGraphBuilder().setUnknownFields(extra).getNodeBuilder(0).setUnknownFields(extra);
    model.getGraphBuilder().getNodeBuilder(0).setDocString("note").setOverload("o");
    Network network = OnnxReader.read(model.build().toByteArray());
    Graph graph = network.graph();
    GraphEditor editor = GraphEditor.of(graph);
    Node conv = graph.nodes().getFirst();
    editor.replace(conv, conv.withAttribute("group", new Attribute.Int(1)));
    Network changed =
        network.withGraph(editor.toGraph()).withMetadata("task", "other").withOpset("x", 2);

    ModelProto.Builder expected = model.clone();
    expected.getMetadataPropsBuilder(0).setValue("other");
    expected.addOpsetImportBuilder().setDomain("x").setVersion(2);
    expected
        .getGraphBuilder()
        .getNodeBuilder(0)
        .addAttributeBuilder()
        .setName("group")
        .setType(AttributeType.INT)
        .setI(1);
    assertThat(OnnxWriter.toBytes(changed)).isEqualTo(expected.build().toByteArray());
  }

  @Test
  void formsNoPassLooksIntoStay() {
    TensorProto strings =
        head("labels", DataType.STRING, 2)
            .addStringData(ByteString.copyFromUtf8("cat"))
            .addStringData(ByteString.copyFrom(new byte[] {(byte) 0xFF}))
            .build();
    SparseTensorProto sparse =
        SparseTensorProto.newBuilder()
            .setValues(raw("sparse", DataType.FLOAT, 4, 1))
            .setIndices(raw("", DataType.INT64, 8, 1))
            .addDims(9)
            .build();
    ModelProto.Builder model = Models.withInitializers(strings, raw("u", DataType.FLOAT, 4, 1));
    model
        .addFunctions(FunctionProto.newBuilder().setName("f").setDomain("local"))
        .addTrainingInfo(
            TrainingInfoProto.newBuilder().setAlgorithm(GraphProto.newBuilder().setName("a")));
    NodeProto.Builder custom = node("Custom", List.of("labels", "sparse", "u"), "z");
    custom.setDomain("local");
    custom.addAttribute(
        AttributeProto.newBuilder()
            .setName("bytes")
            .setType(AttributeType.STRING)
            .setS(ByteString.copyFrom(new byte[] {(byte) 0xC0})));
    custom.addAttribute(
        AttributeProto.newBuilder().setName("s").setType(AttributeType.TENSOR).setT(strings));
    custom.addAttribute(
        AttributeProto.newBuilder()
            .setName("sp")
            .setType(AttributeType.SPARSE_TENSOR)
            .setSparseTensor(sparse));
    model.addOpsetImportBuilder().setDomain("local").setVersion(1);
    model
        .getGraphBuilder()
        .addSparseInitializer(sparse)
        .addOutput(value("z"))
        .addNode(custom)
        .addQuantizationAnnotation(TensorAnnotation.newBuilder().setTensorName("x"))
        .addMetadataProps(entry("k", "v"));
    byte[] bytes = model.build().toByteArray();
    Network network = OnnxReader.read(bytes);
    assertThat(network.graph().constants()).containsOnlyKeys("u");
    assertThat(network.graph().nodes().get(1).attributes().values())
        .allMatch(attribute -> attribute instanceof Attribute.Opaque);
    assertThat(OnnxWriter.toBytes(network)).isEqualTo(bytes);

    Node node = network.graph().nodes().get(1);
    GraphEditor editor = GraphEditor.of(network.graph());
    editor.replace(node, node.withMetadata("a", "b"));
    ModelProto.Builder expected = model.clone();
    expected.getGraphBuilder().getNodeBuilder(1).addMetadataProps(entry("a", "b"));
    assertThat(OnnxWriter.toBytes(network.withGraph(editor.toGraph())))
        .isEqualTo(expected.build().toByteArray());
  }

  @Test
  void initializersListedAsInputsAreConstantsAndStayListed() {
    ModelProto.Builder model = Models.small().setIrVersion(3);
    model.getGraphBuilder().addInput(1, value("w", 1, 1, 3, 3)).addInput(value("b", 1));
    byte[] bytes = model.build().toByteArray();
    Network network = OnnxReader.read(bytes);
    assertThat(network.graph().inputs()).extracting("name").containsExactly("x", "c");
    assertThat(OnnxWriter.toBytes(network)).isEqualTo(bytes);

    GraphEditor editor = GraphEditor.of(network.graph());
    Node conv = network.graph().nodes().getFirst();
    String added = editor.addConstant("b2", Tensor.of(new float[] {7}, 1));
    editor.replace(conv, conv.withInput(2, added));
    Network changed = OnnxReader.read(OnnxWriter.toBytes(network.withGraph(editor.toGraph())));
    GraphOrigin origin = (GraphOrigin) requireNonNull(changed.graph().opaque());
    assertThat(origin.inputs().keySet()).containsExactly("x", "w", "c", "b2");
    assertThat(changed.graph().constants()).containsOnlyKeys("w", "b2");
  }

  @Test
  void changedTensorsAreWrittenAnewAndKeepTheirNotes() {
    ModelProto.Builder model = Models.small();
    model.getGraphBuilder().getInitializerBuilder(1).setDocString("bias");
    Network network = OnnxReader.read(model.build().toByteArray());
    GraphEditor editor = GraphEditor.of(network.graph());
    editor.setConstant("b", Tensor.of(new float[] {3}, 1));
    ModelProto.Builder expected = model.clone();
    expected
        .getGraphBuilder()
        .getInitializerBuilder(1)
        .clearFloatData()
        .setRawData(ByteString.copyFrom(Models.littleEndian(3)));
    assertThat(OnnxWriter.toBytes(network.withGraph(editor.toGraph())))
        .isEqualTo(expected.build().toByteArray());
  }

  @Test
  void aNetworkMadeInMemoryReadsBackEqual() {
    Network original = OnnxReader.read(Models.small().build().toByteArray());
    Network bare =
        new Network(
            8, original.opsets(), bare(original.graph()), "lathe", java.util.Map.of(), null);
    Network back = OnnxReader.read(OnnxWriter.toBytes(bare));
    assertThat(OnnxWriter.toBytes(back)).isEqualTo(OnnxWriter.toBytes(bare));
    assertThat(back.graph().nodes().toString()).isEqualTo(bare.graph().nodes().toString());
    assertThat(bytes(constant(back, "w"))).isEqualTo(bytes(constant(original, "w")));
  }

  private static Graph bare(Graph graph) {
    return new Graph(
        graph.name(),
        graph.inputs(),
        graph.outputs(),
        graph.constants(),
        graph.nodes().stream()
            .filter(node -> !node.is("If") && !node.is("Sum"))
            .map(
                node ->
                    Node.of(
                        node.name(),
                        "",
                        node.opType(),
                        node.is("Relu") ? List.of("h") : node.inputs(),
                        node.outputs(),
                        node.attributes()))
            .toList(),
        java.util.Map.of(),
        null);
  }
}
