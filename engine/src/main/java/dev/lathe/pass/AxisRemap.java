package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What nodes say of axes, said of the axes before a permutation instead. Lists may be attributes
 * (older operator sets) or constant inputs.
 */
final class AxisRemap {

  /**
   * A node over the unpermuted operand.
   *
   * @param permutation what turns its result into the one it had
   */
  record Remapped(Node node, Permutation permutation) {}

  private AxisRemap() {}

  /** For Concat, Split, Softmax: one axis attribute. */
  static Remapped axis(Node node, Permutation permutation, long fallback) {
    return new Remapped(withAxis(node, permutation, fallback), permutation);
  }

  private static Node withAxis(Node node, Permutation permutation, long fallback) {
    return node.withAttribute(
        "axis", new Attribute.Int(permutation.at(node.intAttribute("axis", fallback))));
  }

  /** For QuantizeLinear and DequantizeLinear with one scale, or one per index of an axis. */
  static @Nullable Remapped quantization(GraphEditor graph, Node node, Permutation permutation) {
    Tensor scale = graph.constant(node.input(1));
    if (scale == null || node.intAttribute("block_size", 0) != 0) {
      return null;
    }
    return new Remapped(scale.elements() == 1 ? node : withAxis(node, permutation, 1), permutation);
  }

  static @Nullable Remapped slice(GraphEditor graph, Node node, Permutation permutation) {
    boolean axesGiven = node.hasInput(3) || node.attributes().containsKey("axes");
    long[] axes = list(graph, node, "axes", 3);
    long[] starts = list(graph, node, "starts", 1);
    if (starts == null || (axesGiven && axes == null)) {
      return null;
    }
    long[] mapped =
        map(axes == null ? LongStream.range(0, starts.length).toArray() : axes, permutation);
    return new Remapped(with(graph, node, "axes", node.hasInput(1) ? 3 : -1, mapped), permutation);
  }

  static @Nullable Remapped pad(GraphEditor graph, Node node, Permutation permutation) {
    if (node.hasInput(3)) {
      long[] axes = list(graph, node, "axes", 3);
      return axes == null
          ? null
          : new Remapped(with(graph, node, "axes", 3, map(axes, permutation)), permutation);
    }
    long[] pads = list(graph, node, "pads", 1);
    int rank = permutation.rank();
    if (pads == null || pads.length != 2 * rank) {
      return null;
    }
    long[] mapped = new long[pads.length];
    for (int axis = 0; axis < rank; axis++) {
      mapped[permutation.at(axis)] = pads[axis];
      mapped[rank + permutation.at(axis)] = pads[rank + axis];
    }
    return new Remapped(with(graph, node, "pads", node.hasInput(1) ? 1 : -1, mapped), permutation);
  }

  /** For Resize and Upsample whose scales, sizes and region are constants. */
  static @Nullable Remapped resize(GraphEditor graph, Node node, Permutation permutation) {
    long[] axes = node.intsAttribute("axes");
    if (axes != null) {
      return new Remapped(
          node.withAttribute("axes", Edits.ints(map(axes, permutation))), permutation);
    }
    Node moved = node;
    for (int input = 1; input < node.inputs().size(); input++) {
      Tensor given = graph.constant(node.input(input));
      if (node.hasInput(input) && given == null) {
        return null;
      }
      if (given == null || given.elements() == 0) {
        continue;
      }
      int rank = permutation.rank();
      if (given.elements() % rank != 0) {
        return null;
      }
      String name =
          graph.addConstant(node.input(input) + "/permuted", permuted(given, permutation));
      moved = moved.withInput(input, name);
    }
    boolean listed = node.attributes().containsKey("scales");
    return listed ? null : new Remapped(moved, permutation);
  }

  /**
   * Lists with an entry per axis, one after the other, each in the order before the permutation.
   */
  private static Tensor permuted(Tensor lists, Permutation permutation) {
    Tensor result = Tensor.zeros(lists.dtype(), lists.shape());
    int rank = permutation.rank();
    int bytes = lists.dtype().bits() / 8;
    for (long i = 0; i < lists.elements(); i++) {
      long to = i / rank * rank + permutation.at(i % rank);
      MemorySegment.copy(lists.data(), i * bytes, result.data(), to * bytes, bytes);
    }
    return result;
  }

  static @Nullable Remapped reduction(GraphEditor graph, Node node, Permutation permutation) {
    boolean axesGiven = node.hasInput(1) || node.attributes().containsKey("axes");
    long[] axes = list(graph, node, "axes", 1);
    if ((axesGiven && axes == null) || node.intAttribute("noop_with_empty_axes", 0) != 0) {
      return null;
    }
    if (axes == null || axes.length == 0) {
      // Everything is reduced; the order of what remains doesn't show.
      return new Remapped(node, Permutation.of());
    }
    long[] gone = map(axes, permutation);
    Node remapped = with(graph, node, "axes", node.hasInput(1) ? 1 : -1, gone);
    if (node.intAttribute("keepdims", 1) != 0) {
      return new Remapped(remapped, permutation);
    }
    int[] kept =
        Arrays.stream(permutation.axes())
            .filter(axis -> Arrays.stream(gone).noneMatch(other -> other == axis))
            .toArray();
    int[] ranked = Arrays.stream(kept).sorted().toArray();
    int[] order = Arrays.stream(kept).map(axis -> Arrays.binarySearch(ranked, axis)).toArray();
    return new Remapped(remapped, Permutation.of(order));
  }

  private static long[] map(long[] axes, Permutation permutation) {
    return Arrays.stream(axes).map(permutation::at).toArray();
  }

  /** A list given as a constant input or as an attribute; null when absent or not constant. */
  static long @Nullable [] list(GraphEditor graph, Node node, String attribute, int input) {
    if (!node.hasInput(input)) {
      return node.intsAttribute(attribute);
    }
    Tensor constant = graph.constant(node.input(input));
    return constant == null || !constant.dtype().isInteger() ? null : constant.toLongs();
  }

  private static Node with(GraphEditor graph, Node node, String name, int input, long... values) {
    if (input < 0) {
      return node.withAttribute(name, Edits.ints(values));
    }
    Tensor constant = Tensor.of(values, values.length);
    return node.withInput(input, graph.addConstant(node.name() + "/" + name, constant));
  }
}
