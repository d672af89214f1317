package dev.lathe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorCommandTest extends CommandLineTest {

  @Test
  void aModelThatRunsHasNoObstacles() throws IOException {
    Path model = folder.resolve("lenet5.onnx");
    assertThat(lathe("sample", "lenet5", "-o", model)).isZero();
    Path report = folder.resolve("doctor.json");

    assertThat(lathe("doctor", model, "--json", report)).as(err.toString()).isZero();

    assertThat(out.toString()).contains("verdict  runs\n").contains("'lathe compare' measures");
    Map<String, Object> json = json(report);
    assertThat(json).containsEntry("runs", true).containsEntry("obstacles", List.of());
    assertThat(((Map<?, ?>) json.get("memory")).get("constant_bytes")).isNotEqualTo(0);
    assertThat(json).containsKeys("initializers", "int8", "environment", "tiers", "container");
    assertThat(((Map<?, ?>) json.get("jvm")).get("max_heap_bytes")).isNotNull();
  }

  @Test
  void everyObstacleIsListedThoseInBodiesIncluded() throws IOException {
    Node twist = node("twist", "Twist", List.of("x"), "a");
    Node again = node("again", "Twist", List.of("a"), "b");
    Graph branch =
        new Graph(
            "branch",
            List.of(),
            List.of(ValueInfo.of("t", DType.FLOAT32, 2, 3)),
            Map.of(),
            List.of(node("inner", "SequenceAt", List.of("x"), "t")),
            Map.of(),
            null);
    Node choice =
        node("choice", "If", List.of("c"), "d")
            .withAttribute("then_branch", new Attribute.OfGraph(branch))
            .withAttribute("else_branch", new Attribute.OfGraph(branch));
    Node misfit = node("misfit", "MatMul", List.of("x", "x"), "e");
    Path model = model(List.of(twist, again, choice, misfit), "b", "d", "e");
    Path report = folder.resolve("doctor.json");

    assertThat(lathe("doctor", model, "--json", report)).isEqualTo(4);

    assertThat(out.toString()).contains("does not run: 3 obstacles");
    List<?> obstacles = (List<?>) json(report).get("obstacles");
    assertThat(obstacles)
        .extracting(each -> String.valueOf(((Map<?, ?>) each).get("operator")))
        .containsExactly("Twist", "SequenceAt", "MatMul");
    Map<?, ?> first = (Map<?, ?>) obstacles.getFirst();
    assertThat(first.get("count")).isEqualTo(2);
    assertThat(first.get("nodes")).isEqualTo(List.of("'twist'", "'again'"));
    assertThat(first.get("shapes")).isEqualTo(List.of("float32 2x3"));
    assertThat(first.get("opset")).isEqualTo(13);
    assertThat(((Map<?, ?>) obstacles.get(1)).get("nodes"))
        .isEqualTo(List.of("'inner' in If 'choice'", "'inner' in If 'choice'"));
    assertThat((String) ((Map<?, ?>) obstacles.get(1)).get("do")).contains("sequences");
  }

  @Test
  void aModelWhoseShapesDoNotFitIsInvalid() throws IOException {
    Path model = model(List.of(node("misfit", "MatMul", List.of("x", "x"), "y")), "y");

    assertThat(lathe("doctor", model)).isEqualTo(3);

    assertThat(out.toString()).contains("'misfit'").contains("float32 2x3, float32 2x3");
  }

  @Test
  void openDimensionsAreBoundToASizeThatFits() throws IOException {
    ValueInfo x =
        new ValueInfo(
            "x", DType.FLOAT32, List.of(new Dim.Symbol("batch"), new Dim.Symbol("width")), null);
    Tensor weights = Tensor.of(new float[32 * 4], 32, 4);
    Graph graph =
        new Graph(
            "open",
            List.of(x),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            Map.of("w", weights, "copy", weights),
            List.of(node("product", "MatMul", List.of("x", "w"), "y")),
            Map.of(),
            null);
    Path model = write(graph);
    Path report = folder.resolve("doctor.json");

    assertThat(lathe("doctor", model, "--json", report)).as(out.toString()).isZero();

    assertThat(out.toString()).contains("examined as 1x32");
    Map<?, ?> initializers = (Map<?, ?>) json(report).get("initializers");
    assertThat(initializers.get("duplicated")).isEqualTo(Map.of("count", 1, "bytes", 512));
    assertThat(initializers.get("unused")).isEqualTo(Map.of("count", 1, "bytes", 512));
    assertThat(lathe("doctor", model, "--dim", "width:7")).isEqualTo(3);
    assertThat(out.toString()).contains("give real sizes with --dim");
  }

  private static Node node(String name, String operator, List<String> inputs, String output) {
    return Node.of(name, "", operator, inputs, List.of(output), Map.of());
  }

  private Path model(List<Node> nodes, String... outputs) {
    List<ValueInfo> results =
        java.util.Arrays.stream(outputs)
            .map(name -> new ValueInfo(name, DType.FLOAT32, null, null))
            .toList();
    return write(
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, 2, 3), ValueInfo.of("c", DType.BOOL)),
            results,
            Map.of(),
            nodes,
            Map.of(),
            null));
  }

  private Path write(Graph graph) {
    Path file = folder.resolve("m.onnx");
    Network network = new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
    OnnxWriter.write(network, file, Overwrite.REPLACE);
    return file;
  }
}
