package dev.lathe.compress.quantize;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Types, and where they are evident ranks, of a graph's values, without shapes: a network is
 * quantized for all input shapes at once, and operators nothing here knows must not matter.
 */
final class ValueTypes {

  private final Map<String, DType> types = new HashMap<>();
  private final Map<String, Integer> ranks = new HashMap<>();

  static ValueTypes of(Graph graph) {
    ValueTypes known = new ValueTypes();
    graph.constants().forEach(known::learn);
    graph.inputs().forEach(known::learn);
    graph.valueInfos().values().forEach(known::learn);
    graph.outputs().forEach(known::learn);
    for (Node node : graph.nodes()) {
      DType type = known.typeOf(node);
      Integer rank = known.rankOf(node, graph);
      for (String output : node.outputs()) {
        if (type != null) {
          known.types.putIfAbsent(output, type);
        }
        if (rank != null) {
          known.ranks.putIfAbsent(output, rank);
        }
      }
    }
    return known;
  }

  private void learn(String name, Tensor tensor) {
    types.put(name, tensor.dtype());
    ranks.put(name, tensor.shape().rank());
  }

  private void learn(ValueInfo info) {
    if (info.dtype() != null) {
      types.put(info.name(), info.dtype());
    }
    if (info.dims() != null) {
      ranks.put(info.name(), info.dims().size());
    }
  }

  private @Nullable DType typeOf(Node node) {
    return switch (node.opType()) {
      case "Shape", "Size", "ArgMax", "ArgMin", "NonZero" -> DType.INT64;
      case "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Not", "And", "Or" ->
          DType.BOOL;
      case "Cast" -> DType.ofCode((int) node.intAttribute("to", DType.FLOAT32.code()));
      case "DequantizeLinear" -> types.get(node.input(1));
      case "QuantizeLinear" -> types.getOrDefault(node.input(2), DType.UINT8);
      case "Where" -> types.get(node.input(1));
      case "Constant", "ConstantOfShape" -> {
        Tensor value = node.tensorAttribute("value");
        yield value == null ? null : value.dtype();
      }
      default -> node.inputs().isEmpty() ? null : types.get(node.input(0));
    };
  }

  private @Nullable Integer rankOf(Node node, Graph graph) {
    return switch (node.opType()) {
      case "Gemm", "Flatten" -> 2;
      case "Reshape" -> {
        Tensor shape = graph.constants().get(node.input(1));
        yield shape == null ? null : Integer.valueOf((int) shape.elements());
      }
      case "Conv", "ConvTranspose" -> ranks.get(node.input(1));
      case "Relu",
          "Clip",
          "Sigmoid",
          "Tanh",
          "LeakyRelu",
          "Identity",
          "Dropout",
          "MaxPool",
          "AveragePool",
          "GlobalAveragePool",
          "BatchNormalization",
          "Softmax",
          "Transpose",
          "Concat" ->
          ranks.get(node.input(0));
      case "Add", "Sub", "Mul", "Div" -> {
        List<Integer> known =
            node.inputs().stream().map(ranks::get).filter(rank -> rank != null).toList();
        yield known.size() < node.inputs().size()
            ? null
            : known.stream().max(Integer::compare).orElse(null);
      }
      default -> null;
    };
  }

  boolean isFloat(String value) {
    return types.get(value) == DType.FLOAT32;
  }

  OptionalInt rank(String value) {
    Integer rank = ranks.get(value);
    return rank == null ? OptionalInt.empty() : OptionalInt.of(rank);
  }
}
