package dev.lathe.compress.surgery;

import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.GraphVerifier;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes channels out of a graph. */
final class Surgeon {

  private Surgeon() {}

  /** The graph without what {@code removal} names; {@code editor} holds the graph before. */
  static Graph operate(GraphEditor editor, Removal removal) {
    List<Node> nodes = editor.nodes();
    for (Node node : nodes) {
      ChannelRule rule = ChannelRules.of(node);
      Node adapted = rule == null ? node : rule.adapt(node, removal);
      if (!adapted.equals(node)) {
        editor.replace(node, adapted);
      }
    }
    Graph adapted = editor.toGraph();
    Map<String, Tensor> constants = new LinkedHashMap<>(adapted.constants());
    constants.replaceAll((name, tensor) -> without(name, tensor, removal));
    Map<String, ValueInfo> infos = new LinkedHashMap<>(adapted.valueInfos());
    infos.replaceAll((name, info) -> without(info, removal));
    Graph graph =
        new Graph(
            adapted.name(),
            adapted.inputs(),
            adapted.outputs(),
            constants,
            adapted.nodes(),
            infos,
            adapted.opaque());
    GraphVerifier.verify(graph);
    return graph;
  }

  private static Tensor without(String name, Tensor tensor, Removal removal) {
    Tensor rest = tensor;
    for (int i = 0; i < tensor.shape().rank(); i++) {
      BitSet gone = removal.of(new Axis(name, i));
      rest = gone.isEmpty() ? rest : without(rest, i, gone);
    }
    return rest;
  }

  private static Tensor without(Tensor tensor, int dimension, BitSet gone) {
    Shape shape = tensor.shape();
    int extent = shape.intDim(dimension);
    Shape smaller = shape.with(dimension, extent - gone.cardinality());
    Tensor rest = Tensor.zeros(tensor.dtype(), smaller);
    long outer = shape.product(0, dimension);
    long run = tensor.dtype().bytesFor(shape.product(dimension + 1, shape.rank()));
    long to = 0;
    for (long o = 0; o < outer; o++) {
      for (int i = gone.nextClearBit(0); i < extent; i = gone.nextClearBit(i + 1)) {
        MemorySegment.copy(tensor.data(), (o * extent + i) * run, rest.data(), to, run);
        to += run;
      }
    }
    return rest;
  }

  private static ValueInfo without(ValueInfo info, Removal removal) {
    List<Dim> dims = info.dims();
    if (dims == null || dims.size() != removal.shape(info.name()).rank()) {
      return info;
    }
    List<Dim> rest = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      Axis axis = new Axis(info.name(), i);
      rest.add(removal.touches(axis) ? new Dim.Fixed(removal.left(axis)) : dims.get(i));
    }
    return new ValueInfo(info.name(), info.dtype(), rest, info.opaque());
  }
}
