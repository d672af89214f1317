package dev.lathe.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lathe.error.InvalidModelException;
import dev.lathe.graph.LocalFunctions;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.AttributeProto;
import dev.lathe.onnx.proto.AttributeProto.AttributeType;
import dev.lathe.onnx.proto.FunctionProto;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.NodeProto;
import dev.lathe.onnx.proto.OperatorSetIdProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.onnx.proto.TypeProto;
import dev.lathe.onnx.proto.ValueInfoProto;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Models that define operators of their own. */
class LocalFunctionsTest {

  private static NodeProto.Builder node(String domain, String op, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setDomain(domain)
        .setOpType(op)
        .addAllInput(List.of(inputs))
        .addOutput(output);
  }

  private static AttributeProto.Builder slope(float value) {
    return AttributeProto.newBuilder().setName("slope").setType(AttributeType.FLOAT).setF(value);
  }

  /** y = leaky(x + x, slope); slope is 0.5 where the node does not say. */
  private static FunctionProto.Builder leakyTwice() {
    return FunctionProto.newBuilder()
        .setDomain("local")
        .setName("LeakyTwice")
        .addInput("x")
        .addOutput("y")
        .addAttributeProto(slope(0.5f))
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(16))
        .addNode(node("", "Add", "t", "x", "x"))
        .addNode(
            node("", "LeakyRelu", "y", "t")
                .addAttribute(
                    AttributeProto.newBuilder()
                        .setName("alpha")
                        .setType(AttributeType.FLOAT)
                        .setRefAttrName("slope")));
  }

  private static ValueInfoProto value(String name) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(TensorProto.DataType.FLOAT_VALUE)))
        .build();
  }

  private static byte[] model(List<FunctionProto.Builder> functions, NodeProto.Builder... nodes) {
    GraphProto.Builder graph =
        GraphProto.newBuilder().setName("g").addInput(value("a")).addOutput(value("b"));
    for (NodeProto.Builder node : nodes) {
      graph.addNode(node);
    }
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(9)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(16))
            .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("local").setVersion(1))
            .setGraph(graph);
    functions.forEach(model::addFunctions);
    return model.build().toByteArray();
  }

  private static float[] run(byte[] model, float... input) {
    try (NetworkRunner runner =
        new NetworkRunner(OnnxReader.read(model), RunOptions.standard().withThreads(1))) {
      return runner
          .run(List.of(Tensor.of(input, input.length)))
          .getFirst()
          .data()
          .toArray(Tensor.F32);
    }
  }

  @Test
  void attributesComeFromTheNodeOrFromTheDefaults() {
    byte[] given =
        model(
            List.of(leakyTwice()),
            node("local", "LeakyTwice", "c", "a").addAttribute(slope(0.25f)),
            node("local", "LeakyTwice", "b", "c"));
    assertThat(run(given, -1, 3)).containsExactly(-0.5f, 12);
  }

  @Test
  void functionsMayCallFunctions() {
    FunctionProto.Builder outer =
        FunctionProto.newBuilder()
            .setDomain("local")
            .setName("Outer")
            .addInput("t")
            .addOutput("y")
            .addNode(node("local", "LeakyTwice", "x", "t"))
            .addNode(node("", "Neg", "y", "x"));
    byte[] model = model(List.of(outer, leakyTwice()), node("local", "Outer", "b", "a"));
    assertThat(run(model, -1, 3)).containsExactly(1, -6);
  }

  @Test
  void theFileKeepsItsFunctions() {
    Network network =
        OnnxReader.read(model(List.of(leakyTwice()), node("local", "LeakyTwice", "b", "a")));
    Network again = OnnxReader.read(OnnxWriter.toBytes(network));
    assertThat(again.graph().nodes()).extracting(Node::opType).containsExactly("LeakyTwice");
    assertThat(LocalFunctions.inlined(again).graph().nodes())
        .extracting(Node::opType)
        .contains("Add", "LeakyRelu")
        .doesNotContain("LeakyTwice");
  }

  @Test
  void functionsThatCallEachOtherAreRefused() {
    FunctionProto.Builder ping =
        FunctionProto.newBuilder()
            .setDomain("local")
            .setName("Ping")
            .addInput("x")
            .addOutput("y")
            .addNode(node("local", "Pong", "y", "x"));
    FunctionProto.Builder pong = ping.clone().setName("Pong");
    pong.getNodeBuilder(0).setOpType("Ping");
    Network network = OnnxReader.read(model(List.of(ping, pong), node("local", "Ping", "b", "a")));
    assertThatThrownBy(() -> LocalFunctions.inlined(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("without end");
  }

  @Test
  void aBodyTooLargeForItsCallsIsRefusedBeforeItIsCopied() {
    FunctionProto.Builder wide =
        FunctionProto.newBuilder().setDomain("local").setName("Wide").addInput("x").addOutput("y");
    for (int i = 0; i < 300; i++) {
      wide.addNode(node("", "Neg", i == 299 ? "y" : "t" + i, "x"));
    }
    NodeProto.Builder[] calls = new NodeProto.Builder[300];
    for (int i = 0; i < calls.length; i++) {
      calls[i] = node("local", "Wide", i == calls.length - 1 ? "b" : "c" + i, "a");
    }
    Network network = OnnxReader.read(model(List.of(wide), calls));
    assertThatThrownBy(() -> LocalFunctions.inlined(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("without end");
  }

  @Test
  void functionsThatMultiplyAreRefusedBeforeTheyFillTheMemory() {
    List<FunctionProto.Builder> chain = new ArrayList<>();
    for (int level = 0; level < 40; level++) {
      String next = level == 39 ? "LeakyTwice" : "Level" + (level + 1);
      chain.add(
          FunctionProto.newBuilder()
              .setDomain("local")
              .setName("Level" + level)
              .addInput("x")
              .addOutput("y")
              .addNode(node("local", next, "t", "x"))
              .addNode(node("local", next, "y", "t")));
    }
    chain.add(leakyTwice());
    Network network = OnnxReader.read(model(chain, node("local", "Level0", "b", "a")));
    assertThatThrownBy(() -> LocalFunctions.inlined(network))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("without end");
  }
}
