package dev.lathe.pass;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What follows an operator up to the quantization of its result: clamps, then QuantizeLinear. The
 * clamps become a clamp of levels: quantization is monotonic, so {@code quantize(clamp(x, a, b)) =
 * clamp(quantize(x), quantize(a), quantize(b))}.
 *
 * @param clamps the nodes in between
 * @param result the parameters of the QuantizeLinear
 * @param min lowest level
 * @param max highest level
 */
record QuantizedTail(List<Node> clamps, Quantization result, int min, int max) {

  /** The tail of a value; null when its quantization to uint8 is not all that reads it. */
  static @Nullable QuantizedTail of(GraphEditor graph, String value) {
    List<Node> clamps = new ArrayList<>();
    float low = Float.NEGATIVE_INFINITY;
    float high = Float.POSITIVE_INFINITY;
    Node reader = graph.onlyConsumer(value);
    Clamp clamp = Clamp.of(graph, reader);
    while (reader != null && clamp != null) {
      Clamp both = clamp.after(low, high);
      low = both.min();
      high = both.max();
      clamps.add(reader);
      reader = graph.onlyConsumer(reader.output(0));
      clamp = Clamp.of(graph, reader);
    }
    Quantization result = Quantization.isQuantize(reader) ? Quantization.of(graph, reader) : null;
    return result == null || !result.isActivation()
        ? null
        : new QuantizedTail(clamps, result, result.level(low), result.level(high));
  }

  /** The value the whole yields. */
  String output() {
    return result.node().output(0);
  }

  /** Why there is no tail, for notes. */
  static String missing(GraphEditor graph, String value) {
    List<Node> readers = graph.consumers(value);
    if (graph.isOutput(value)) {
      return "its result is an output of the model";
    }
    if (readers.size() != 1) {
      return "its result is read " + readers.size() + " times before quantization";
    }
    Node reader = readers.getFirst();
    if (Quantization.isQuantize(reader)) {
      return "its result is not quantized to 8 bits with one constant scale";
    }
    return "its result goes to " + reader.qualifiedOp() + " unquantized";
  }

  /** Takes the nodes of the tail out. */
  void remove(GraphEditor graph) {
    clamps.forEach(graph::remove);
    graph.remove(result.node());
  }
}
