package dev.lathe.compress.recover;

import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cross-layer equalization (Nagel et al., <i>Data-Free Quantization</i>, 2019, section 4.1): where
 * one product feeds another through functions with {@code f(s x) = s f(x)}, channel i is divided by
 * {@code s_i = sqrt(r_i / q_i)}, r_i the range of the filter that makes it and q_i that of the
 * weights that read it, and the latter are multiplied. Both ranges are then the same. It is done
 * only where the product of the two weights' ranges gets smaller, the precision that DFQ maximizes.
 *
 * <p>s_i is the nearest power of two, so the network computes the same bits as before, unless a
 * number leaves the normal floats.
 */
public final class Equalization {

  /** Chains of pairs settle after a few rounds. */
  private static final int MAX_ROUNDS = 8;

  private static final Set<String> HOMOGENEOUS =
      Set.of(
          "Relu",
          "LeakyRelu",
          "MaxPool",
          "AveragePool",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "Identity",
          "Dropout",
          "Flatten");

  private record Pair(String first, String second) {}

  private final GraphEditor editor;

  private Equalization(GraphEditor editor) {
    this.editor = editor;
  }

  /**
   * The equalized network.
   *
   * @param pairs of products whose channels were scaled, {@code first -> second}
   */
  public record Result(Network network, List<String> pairs) {}

  /** Equalizes a network whose batch normalizations are folded into its products. */
  public static Result run(Network network) {
    GraphEditor editor = GraphEditor.of(network.graph());
    Equalization equalization = new Equalization(editor);
    List<Pair> pairs = new ArrayList<>();
    for (Node node : editor.nodes()) {
      Node second = equalization.partner(node);
      if (second != null) {
        pairs.add(new Pair(node.name(), second.name()));
      }
    }
    List<String> changed = new ArrayList<>();
    boolean moved = true;
    for (int round = 0; moved && round < MAX_ROUNDS; round++) {
      moved = false;
      for (Pair pair : pairs) {
        if (equalization.equalize(pair)) {
          moved = true;
          String what = pair.first + " -> " + pair.second;
          if (!changed.contains(what)) {
            changed.add(what);
          }
        }
      }
    }
    return new Result(
        changed.isEmpty() ? network : network.withGraph(editor.toGraph()), List.copyOf(changed));
  }

  /** The product that alone reads what this one makes, or null. */
  private @Nullable Node partner(Node first) {
    WeightView view = Channels.view(editor, first);
    if (view == null || first.is("MatMul") || !scalableBias(first, view)) {
      return null;
    }
    boolean flat = first.is("Gemm");
    String value = first.output(0);
    Node reader = editor.onlyConsumer(value);
    while (reader != null
        && reader.domain().isEmpty()
        && HOMOGENEOUS.contains(reader.opType())
        && reader.input(0).equals(value)
        && reader.outputs().stream().filter(output -> !output.isEmpty()).count() == 1) {
      if (reader.is("Flatten")) {
        if (reader.intAttribute("axis", 1) != 1) {
          return null;
        }
        flat = true;
      }
      value = reader.output(0);
      reader = editor.onlyConsumer(value);
    }
    WeightView other =
        reader == null || !reader.input(0).equals(value) ? null : Channels.view(editor, reader);
    if (other == null || reader == null || reader.is("Conv") == flat) {
      return null;
    }
    int channels = view.rows();
    int read = other.batches() * other.channels();
    boolean fits = reader.is("Conv") ? read == channels : read % channels == 0;
    return fits ? reader : null;
  }

  private boolean scalableBias(Node node, WeightView view) {
    if (!node.hasInput(2)) {
      return true;
    }
    Tensor bias = editor.constant(node.input(2));
    return bias != null
        && bias.dtype() == dev.lathe.tensor.DType.FLOAT32
        && bias.elements() == view.rows()
        && editor.consumers(node.input(2)).size() == 1
        && !editor.isOutput(node.input(2));
  }

  private boolean equalize(Pair pair) {
    Node first = editor.node(pair.first);
    Node second = editor.node(pair.second);
    WeightView from = first == null ? null : Channels.view(editor, first);
    WeightView to = second == null ? null : Channels.view(editor, second);
    if (first == null || second == null || from == null || to == null) {
      return false;
    }
    Tensor made = constant(first.input(1));
    Tensor reading = constant(second.input(1));
    int channels = from.rows();
    double[] outputs = Channels.outputRanges(made, from);
    double[] inputs = Channels.inputRanges(reading, to, channels);
    int[] up = new int[channels];
    int[] down = new int[channels];
    for (int i = 0; i < channels; i++) {
      up[i] = Channels.exponent(Math.sqrt(outputs[i] / inputs[i]));
      down[i] = -up[i];
    }
    if (!(widest(outputs, down) * widest(inputs, up)
        < widest(outputs, new int[channels]) * widest(inputs, new int[channels]))) {
      return false;
    }
    editor.setConstant(first.input(1), Channels.scaledOutputs(made, from, down));
    if (first.hasInput(2)) {
      editor.setConstant(first.input(2), Channels.scaled(constant(first.input(2)), down));
    }
    editor.setConstant(second.input(1), Channels.scaledInputs(reading, to, up));
    return true;
  }

  /** The largest of the ranges once scaled. */
  private static double widest(double[] ranges, int[] exponents) {
    double widest = 0;
    for (int i = 0; i < ranges.length; i++) {
      widest = Math.max(widest, Math.scalb(ranges[i], exponents[i]));
    }
    return widest;
  }

  private Tensor constant(String name) {
    return java.util.Objects.requireNonNull(editor.constant(name), name);
  }
}
