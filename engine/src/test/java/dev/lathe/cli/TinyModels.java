package dev.lathe.cli;

import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxWriter;
import dev.lathe.onnx.Overwrite;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Models of a few values, as files. */
final class TinyModels {

  private TinyModels() {}

  /** {@code y[batch, 3] = x[batch, 2] * w + bias}, with class labels a, b, c. */
  static Path scores(Path file, float bias) {
    ValueInfo x = batched("x", 2);
    ValueInfo y = batched("y", 3);
    Map<String, Tensor> constants =
        Map.of(
            "w", Tensor.of(new float[] {1, 0, 2, 0, 1, 2}, 2, 3),
            "b", Tensor.of(new float[] {bias, 0, 0}, 3));
    Graph graph =
        new Graph(
            "scores",
            List.of(x),
            List.of(y),
            constants,
            List.of(
                Node.of("product", "", "MatMul", List.of("x", "w"), List.of("p"), Map.of()),
                Node.of("sum", "", "Add", List.of("p", "b"), List.of("y"), Map.of())),
            Map.of(),
            null);
    return write(file, graph, Map.of("lathe.labels", "a,b,c"));
  }

  /** {@code sum = p + q, difference = p - q} over four values each. */
  static Path twoInputs(Path file) {
    Graph graph =
        new Graph(
            "two",
            List.of(ValueInfo.of("p", DType.FLOAT32, 4), ValueInfo.of("q", DType.FLOAT32, 4)),
            List.of(
                ValueInfo.of("sum", DType.FLOAT32, 4),
                ValueInfo.of("difference", DType.FLOAT32, 4)),
            Map.of(),
            List.of(
                Node.of("add", "", "Add", List.of("p", "q"), List.of("sum"), Map.of()),
                Node.of("sub", "", "Sub", List.of("p", "q"), List.of("difference"), Map.of())),
            Map.of(),
            null);
    return write(file, graph, Map.of());
  }

  private static ValueInfo batched(String name, long size) {
    return new ValueInfo(
        name, DType.FLOAT32, List.of(new Dim.Symbol("batch"), new Dim.Fixed(size)), null);
  }

  private static Path write(Path file, Graph graph, Map<String, String> metadata) {
    Network network = new Network(8, Map.of("", 13L), graph, "test", metadata, null);
    OnnxWriter.write(network, file, Overwrite.REPLACE);
    return file;
  }
}
