package dev.lathe.compress.weights;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Weights that lie in the file as floats of 16 or 8 bits, with a Cast to float32 behind them. */
public final class NarrowFloats {

  /** First opset whose Cast knows bfloat16. */
  private static final long BFLOAT16_OPSET = 13;

  /** First opset whose Cast knows floats of 8 bits. */
  private static final long FLOAT8_OPSET = 19;

  private static final long FLOAT32_CODE = 1;

  private NarrowFloats() {}

  /** Whether models of an opset can hold weights in a type. */
  public static boolean isKnown(DType type, long opset) {
    return switch (type) {
      case FLOAT16 -> true;
      case BFLOAT16 -> opset >= BFLOAT16_OPSET;
      case FLOAT8E4M3FN, FLOAT8E5M2 -> opset >= FLOAT8_OPSET;
      default -> false;
    };
  }

  /**
   * The network with some float32 constants stored in a type that holds their values exactly; what
   * reads them reads the same values under the same name.
   */
  public static Network store(Network network, List<String> constants, DType type) {
    Graph graph = network.graph();
    Map<String, Tensor> stored = new LinkedHashMap<>(graph.constants());
    GraphEditor names = GraphEditor.of(graph);
    List<Node> nodes = new ArrayList<>();
    for (String name : constants) {
      Tensor values = stored.remove(name);
      if (values != null) {
        String narrow = names.freshName(name + "_" + type);
        stored.put(narrow, cast(values, type));
        nodes.add(cast(names.freshName(name + "_Cast"), narrow, name, FLOAT32_CODE));
      }
    }
    nodes.addAll(graph.nodes());
    return network.withGraph(graph.withNodes(nodes).withConstants(stored));
  }

  /** Whether a node does what {@link #store} leaves to do, with a given constant. */
  static boolean isStored(Node node, Tensor constant) {
    return node.is("Cast")
        && node.intAttribute("to", 0) == FLOAT32_CODE
        && isKnown(constant.dtype(), FLOAT8_OPSET);
  }

  /** Values in another float type, rounded to nearest. */
  static Tensor cast(Tensor values, DType type) {
    Graph graph =
        new Graph(
            "cast",
            List.of(ValueInfo.of("from", values.dtype(), values.shape().dims())),
            List.of(ValueInfo.of("to", type, values.shape().dims())),
            Map.of(),
            List.of(cast("cast", "from", "to", type.code())),
            Map.of(),
            null);
    Network network = new Network(10, Map.of("", FLOAT8_OPSET), graph, "", Map.of(), null);
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      Tensor result = runner.run(List.of(values)).getFirst();
      Tensor copy = Tensor.zeros(type, values.shape());
      copy.data().copyFrom(result.data());
      return copy;
    }
  }

  private static Node cast(String name, String from, String to, long type) {
    return Node.of(
        name, "", "Cast", List.of(from), List.of(to), Map.of("to", new Attribute.Int(type)));
  }
}
