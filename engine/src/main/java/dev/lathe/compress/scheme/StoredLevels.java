package dev.lathe.compress.scheme;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A coded weight as integers of 8 bits that a DequantizeLinear turns into exactly the values of the
 * code.
 *
 * @param levels int8 or uint8, of the weight's shape
 * @param scales one, or one per index of the axis
 * @param zeroPoints in the type of the levels, as many
 * @param axis of the weight; -1 for one scale
 */
public record StoredLevels(Tensor levels, Tensor scales, Tensor zeroPoints, int axis) {

  /** First opset of DequantizeLinear, and first in which it has an axis. */
  private static final long OPSET = 10;

  private static final long AXIS_OPSET = 13;

  /** The largest int8. */
  private static final int MOST = 127;

  /** The integers of a code; null when 8 bits with a scale per axis do not hold it. */
  public static @Nullable StoredLevels of(Weight weight, WeightCode code) {
    WeightCode.Linear linear = code.linear();
    if (linear == null) {
      return null;
    }
    DType type = type(linear);
    WeightView view = weight.view();
    Shape shape = weight.tensor().shape();
    int pieces = linear.scales().length;
    int axis = pieces == 1 ? -1 : axis(view, shape);
    if (type == null || (pieces > 1 && (axis < 0 || pieces != view.rows()))) {
      return null;
    }
    int[] levels = new int[view.elements()];
    view.forEach(
        (at, batch, row, tap, channel) ->
            levels[at] = linear.levels()[WeightMatrix.index(view, batch, row, tap, channel)]);
    long[] dims = pieces == 1 ? new long[0] : new long[] {pieces};
    return new StoredLevels(
        TensorQuantizer.integers(type, levels, shape.dims()),
        Tensor.of(linear.scales(), dims),
        TensorQuantizer.integers(type, linear.zeroPoints(), dims),
        axis);
  }

  private static @Nullable DType type(WeightCode.Linear code) {
    int least = 0;
    int most = 0;
    for (int level : code.levels()) {
      least = Math.min(least, level);
      most = Math.max(most, level);
    }
    for (int zeroPoint : code.zeroPoints()) {
      least = Math.min(least, zeroPoint);
      most = Math.max(most, zeroPoint);
    }
    if (least >= -MOST - 1 && most <= MOST) {
      return DType.INT8;
    }
    return least >= 0 && most <= 2 * MOST + 1 ? DType.UINT8 : null;
  }

  /** The axis whose indices are the rows of the matrix; -1 when there is none. */
  private static int axis(WeightView view, Shape shape) {
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) == view.rows() && isRow(view, shape.product(axis + 1, shape.rank()))) {
        return axis;
      }
    }
    return -1;
  }

  private static boolean isRow(WeightView view, long stride) {
    boolean[] same = {true};
    view.forEach(
        (at, batch, row, tap, channel) ->
            same[0] &= at / stride % view.rows() == (long) batch * view.n() + row);
    return same[0];
  }

  /** The first opset that can hold it. */
  public long opset() {
    return axis < 0 ? OPSET : AXIS_OPSET;
  }

  /** The network with some constants stored like this; what reads them reads the same values. */
  public static Network store(Network network, Map<String, StoredLevels> stored) {
    Graph graph = network.graph();
    Map<String, Tensor> constants = new LinkedHashMap<>(graph.constants());
    GraphEditor names = GraphEditor.of(graph);
    List<Node> nodes = new ArrayList<>();
    stored.forEach(
        (name, levels) -> {
          constants.remove(name);
          List<String> inputs =
              List.of(
                  names.freshName(name + "_quantized"),
                  names.freshName(name + "_scale"),
                  names.freshName(name + "_zero_point"));
          constants.put(inputs.get(0), levels.levels);
          constants.put(inputs.get(1), levels.scales);
          constants.put(inputs.get(2), levels.zeroPoints);
          Map<String, Attribute> attributes =
              levels.axis < 0 ? Map.of() : Map.of("axis", new Attribute.Int(levels.axis));
          nodes.add(
              Node.of(
                  names.freshName(name + "_DequantizeLinear"),
                  "",
                  "DequantizeLinear",
                  inputs,
                  List.of(name),
                  attributes));
        });
    nodes.addAll(graph.nodes());
    return network.withGraph(graph.withNodes(nodes).withConstants(constants));
  }
}
