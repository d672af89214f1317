package dev.lathe.pass;

import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps one of several constants of the same type, shape and bits. Levels and parameters of
 * quantization stay apart: ONNX Runtime 1.29 names what it derives from them after them, and fails
 * where two nodes have the same ones.
 */
final class ShareConstants implements Pass {

  /** What equal constants have in common; few others do. */
  private record Key(DType dtype, Shape shape, int hash) {}

  private record Constant(String name, Tensor tensor) {}

  @Override
  public String name() {
    return "share-constants";
  }

  @Override
  public Graph apply(Graph graph, PassContext context) {
    GraphEditor editor = GraphEditor.of(graph);
    Map<Key, List<Constant>> known = new HashMap<>();
    boolean changed = false;
    for (Map.Entry<String, Tensor> entry : graph.constants().entrySet()) {
      Constant constant = new Constant(entry.getKey(), entry.getValue());
      List<Constant> alike = known.computeIfAbsent(key(constant.tensor), key -> new ArrayList<>());
      Constant first =
          alike.stream()
              .filter(one -> one.tensor.data().mismatch(constant.tensor.data()) < 0)
              .findFirst()
              .orElse(null);
      if (first == null || graph.isOutput(constant.name) || isQuantization(editor, constant)) {
        alike.add(constant);
      } else {
        editor.replaceUses(constant.name, first.name);
        changed = true;
      }
    }
    return changed ? editor.toGraph() : graph;
  }

  private static boolean isQuantization(GraphEditor graph, Constant constant) {
    return graph.consumers(constant.name).stream()
        .anyMatch(node -> node.is("DequantizeLinear") || node.is("QuantizeLinear"));
  }

  private static Key key(Tensor tensor) {
    int hash = 1;
    long size = tensor.data().byteSize();
    long step = Math.max(1, size / 256);
    for (long at = 0; at < size; at += step) {
      hash = 31 * hash + tensor.data().get(Tensor.I8, at);
    }
    return new Key(tensor.dtype(), tensor.shape(), hash);
  }
}
