package dev.lathe.onnx;

import static dev.lathe.onnx.Models.head;
import static dev.lathe.onnx.Models.node;
import static dev.lathe.onnx.Models.raw;
import static dev.lathe.onnx.Models.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.sun.management.ThreadMXBean;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.LatheException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Node;
import dev.lathe.onnx.proto.GraphProto;
import dev.lathe.onnx.proto.ModelProto;
import dev.lathe.onnx.proto.TensorProto;
import dev.lathe.onnx.proto.TensorProto.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Input that is damaged, contradicts itself or means harm: refused with the place, at no cost. */
class HostileModelTest {

  private static void rejects(byte[] model, String... messageParts) {
    assertThatThrownBy(() -> OnnxReader.read(model))
        .isInstanceOf(InvalidModelException.class)
        .satisfies(
            error -> {
              for (String part : messageParts) {
                assertThat(error).hasMessageContaining(part);
              }
            });
  }

  private static void rejects(ModelProto.Builder model, String... messageParts) {
    rejects(model.build().toByteArray(), messageParts);
  }

  private static ModelProto.Builder withNodes(String... nodes) {
    GraphProto.Builder graph =
        GraphProto.newBuilder().setName("g").addInput(value("x", 1)).addOutput(value("y", 1));
    for (String text : nodes) {
      int arrow = text.indexOf(" -> ");
      graph.addNode(
          node("Sum", List.of(text.substring(0, arrow).split(" ", -1)), text.substring(arrow + 4)));
    }
    return Models.model(graph);
  }

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          '',                                                    an empty file
          '\u0089PNG\r\n\u001a\n',                               a PNG image
          '<!DOCTYPE html><html></html>',                        HTML or XML
          'version https://git-lfs.github.com/spec/v1\noid x',   git lfs pull
          'PK\u0003\u0004',                                      ZIP archive
          '{"a": 1}',                                            JSON
          """)
  void otherFilesAreNamed(String contents, String name) {
    String text = contents == null ? "" : contents.translateEscapes();
    rejects(text.getBytes(StandardCharsets.ISO_8859_1), "not an ONNX model but", name);
  }

  @Test
  void randomTextIsNoModel() {
    rejects("hello world, this is no model".getBytes(StandardCharsets.UTF_8), "byte ");
    rejects(new byte[] {8, 7}, "it has no graph");
  }

  @Test
  void filesThatCantBeRead(@TempDir Path folder) {
    assertThatThrownBy(() -> OnnxReader.read(folder.resolve("none.onnx")))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("no such file")
        .hasMessageContaining("none.onnx");
    assertThatThrownBy(() -> OnnxReader.read(folder))
        .isInstanceOf(InvalidModelException.class)
        .hasMessageContaining("it is a folder");
  }

  @Test
  void everyTruncationIsRefusedWithItsPlace() {
    byte[] model = Models.small().build().toByteArray();
    int refused = 0;
    for (int length = 1; length < model.length; length++) {
      byte[] cut = Arrays.copyOf(model, length);
      try {
        OnnxReader.read(cut);
      } catch (InvalidModelException e) {
        refused++;
        assertThat(e.problems().getFirst().where()).containsAnyOf("byte ", "model in memory");
      }
    }
    assertThat(refused).as("all but cuts between top-level fields").isGreaterThan(model.length - 5);
  }

  @Test
  void lengthsThatLie() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream output = CodedOutputStream.newInstance(bytes);
    output.writeInt64(1, 8);
    output.writeTag(7, 2);
    output.writeUInt64NoTag(1L << 40);
    output.flush();
    rejects(bytes.toByteArray(), "claims 1099511627776 bytes", "0 are left", "byte 3");
  }

  @Test
  void repeatedSingleFields() {
    ByteString model = Models.small().build().toByteString();
    ByteString twice =
        model.concat(
            ModelProto.newBuilder().setGraph(GraphProto.newBuilder()).build().toByteString());
    rejects(twice.toByteArray(), "field 7 is there 2 times");
  }

  @Test
  void cyclesNameTheirNodes() {
    rejects(
        withNodes("x b -> a", "a -> b", "b -> y"),
        "2 nodes depend on each other in a cycle",
        "'Sum_a' -> 'Sum_b' -> 'Sum_a'");
    rejects(withNodes("x y -> y"), "node 'Sum_y' depends on its own output");
  }

  @Test
  void duplicatesAndUndefinedValuesAreAllListed() {
    ModelProto.Builder model = withNodes("x q -> a", "x -> a", "a r -> y");
    assertThatThrownBy(() -> OnnxReader.read(model.build().toByteArray()))
        .isInstanceOf(InvalidModelException.class)
        .satisfies(
            error ->
                assertThat(((LatheException) error).problems())
                    .extracting(Problem::what)
                    .containsExactlyInAnyOrder(
                        "value 'a' is defined twice",
                        "input 1 'q' is not defined",
                        "input 1 'r' is not defined"));
    rejects(
        Models.withInitializers(raw("w", DataType.FLOAT, 4, 1), raw("w", DataType.FLOAT, 4, 1)),
        "initializer 'w' is there twice");
    rejects(Models.withInitializers(raw("", DataType.FLOAT, 4, 1)), "initializer without a name");
    ModelProto.Builder inputs = withNodes("x -> y");
    inputs.getGraphBuilder().addInput(value("x", 1));
    rejects(inputs, "graph input 'x' is listed twice");
  }

  @Test
  void nodesOutOfOrderAreSortedWithAWarning() {
    byte[] model = withNodes("a -> y", "x -> a").build().toByteArray();
    List<Problem> warnings = new ArrayList<>();
    assertThat(OnnxReader.read(model, warnings::add).graph().nodes())
        .extracting(Node::name)
        .containsExactly("Sum_a", "Sum_y");
    assertThat(warnings).extracting(Problem::what).containsExactly("nodes are not sorted");
  }

  @ParameterizedTest
  @CsvSource({"13, 13, IR version 13 is newer", "8, 24, operator set 24 is read as 23"})
  void newerVersionsAreReadWithAWarning(long ir, long opset, String what) {
    ModelProto.Builder model = withNodes("x -> y").setIrVersion(ir);
    model.getOpsetImportBuilder(0).setVersion(opset);
    List<Problem> warnings = new ArrayList<>();
    OnnxReader.read(model.build().toByteArray(), warnings::add);
    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst().what()).contains(what);
  }

  @Test
  void nodeNamesAreMadeUnique() {
    ModelProto.Builder model = withNodes("x -> a", "a -> b", "b -> y");
    model.getGraphBuilder().getNodeBuilder(0).setName("n");
    model.getGraphBuilder().getNodeBuilder(1).setName("n");
    model.getGraphBuilder().getNodeBuilder(2).setName("n_1");
    byte[] bytes = model.build().toByteArray();
    assertThat(OnnxReader.read(bytes, warning -> {}).graph().nodes())
        .extracting(Node::name)
        .containsExactly("n", "n_2", "n_1");
    assertThat(OnnxWriter.toBytes(OnnxReader.read(bytes, warning -> {}))).isEqualTo(bytes);
  }

  @Test
  void shapesThatLie() {
    rejects(
        Models.withInitializers(head("w", DataType.FLOAT, 1L << 40, 1L << 40).build()),
        "number of elements overflows",
        "tensor 'w'");
    rejects(
        Models.withInitializers(head("w", DataType.COMPLEX128, Long.MAX_VALUE).build()),
        "number of bytes overflows",
        "tensor 'w'");
    rejects(
        Models.withInitializers(head("w", DataType.FLOAT, -3).build()),
        "negative dimension",
        "tensor 'w'");
    rejects(
        Models.withInitializers(raw("w", DataType.FLOAT, 8, 3)),
        "needs 12 bytes",
        "raw_data has 8");
    rejects(Models.withInitializers(Models.floats("w", 3, 1, 2)), "needs 3 entries, got 2");
    rejects(
        Models.withInitializers(head("w", DataType.FLOAT, 3).build()), "needs 3 entries, got 0");
    rejects(
        Models.withInitializers(head("w", DataType.UNDEFINED, 1).build()),
        "without an element type");
    rejects(
        Models.withInitializers(
            head("w", DataType.STRING, 2).addStringData(ByteString.EMPTY).build()),
        "needs 2 strings",
        "string_data has 1");
    ModelProto.Builder input = withNodes("x -> y");
    input.getGraphBuilder().setInput(0, value("x", -7));
    rejects(input, "negative dimension -7", "graph input 'x'");
  }

  @Test
  void typesOfLaterVersionsAreUnsupported() {
    TensorProto later = TensorProto.newBuilder().setName("w").setDataType(99).build();
    assertThatThrownBy(() -> OnnxReader.read(Models.withInitializers(later).build().toByteArray()))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("element type code 99")
        .hasMessageContaining("tensor 'w'");
  }

  @ParameterizedTest
  @CsvSource({
    "2, 13, IR version 2",
    "8, 0, operator set version 0",
    "8, 27, operator set version 27"
  })
  void versionsOutOfRangeAreUnsupported(long ir, long opset, String what) {
    ModelProto.Builder model = withNodes("x -> y").setIrVersion(ir);
    model.getOpsetImportBuilder(0).setVersion(opset);
    assertThatThrownBy(() -> OnnxReader.read(model.build().toByteArray()))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining(what)
        .hasMessageContaining("version_converter");
  }

  @Test
  void operatorsNeedAnImportedSet() {
    rejects(withNodes("x -> y").clearOpsetImport(), "domain ''", "no version of it is imported");
    ModelProto.Builder twice = withNodes("x -> y");
    twice.addOpsetImportBuilder().setDomain("ai.onnx").setVersion(12);
    rejects(twice, "imported in versions 13 and 12");
  }

  @Test
  void deepSubGraphsAreRefused() {
    GraphProto graph = GraphProto.newBuilder().setName("leaf").build();
    for (int i = 0; i < 300; i++) {
      graph =
          GraphProto.newBuilder()
              .setName("g")
              .addNode(
                  node("If", List.of("x"), "y" + i)
                      .addAttribute(Models.graphAttribute("then_branch", graph)))
              .build();
    }
    rejects(
        Models.model(graph.toBuilder().addInput(value("x"))), "nested more than 32 deep", "byte ");
  }

  @Test
  void namesThatAreNoText() {
    byte[] model = withNodes("x -> y").build().toByteArray();
    byte[] broken = model.clone();
    for (int i = 0; i + 2 < broken.length; i++) {
      if (broken[i] == 0x0A && broken[i + 1] == 1 && broken[i + 2] == 'x') {
        broken[i + 2] = (byte) 0xFF;
      }
    }
    rejects(broken, "is not valid UTF-8");
  }

  /** What a claimed size would take is never allocated: a few hundred KiB suffice to refuse it. */
  @ParameterizedTest
  @CsvSource({"FLOAT", "INT32", "DOUBLE", "UINT64", "STRING", "INT4"})
  void absurdSizesCostNothing(DataType type) {
    byte[] model =
        Models.withInitializers(head("w", type, 1 << 20, 1 << 20).build()).build().toByteArray();
    rejects(model, "tensor 'w'");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertThatThrownBy(() -> OnnxReader.read(model)).isInstanceOf(InvalidModelException.class);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 19);
  }

  /** Two bytes per field must not buy a hundred bytes of heap each without limit. */
  @Test
  void floodsOfTinyFieldsAreCutOff() {
    byte[] model = new byte[9_000_000];
    for (int i = 0; i < model.length; i += 2) {
      model[i] = 14 << 3 | 2;
    }
    assertThatThrownBy(() -> OnnxReader.read(model))
        .isInstanceOf(UnsupportedException.class)
        .hasMessageContaining("fields");
  }
}
