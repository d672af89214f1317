package dev.lathe.bench;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;

/** A layer as a network of one node, in the form the passes make of ONNX graphs. */
final class LayerNetwork {

  private LayerNetwork() {}

  /** {@code dev.lathe.Conv} over fp32. */
  static Network f32(Layer layer) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", weights(layer, DType.FLOAT32));
    return network(layer, DType.FLOAT32, "Conv", List.of("x", "w"), constants);
  }

  /**
   * {@code dev.lathe.Conv} over fp32 whose weights are zero in blocks of {@code side} output times
   * {@code side} input channels, at random, with probability {@code sparsity}.
   */
  static Network sparse(Layer layer, double sparsity, int side) {
    Tensor weights = weights(layer, DType.FLOAT32);
    float[] values = weights.toFloats();
    int taps = layer.kernel * layer.kernel;
    int channels = layer.in / layer.groups;
    Random random = new Random(11);
    for (int out = 0; out < layer.out; out += side) {
      for (int in = 0; in < channels; in += side) {
        for (int t = 0; t < taps; t++) {
          boolean zero = random.nextDouble() < sparsity;
          for (int i = 0; zero && i < side * side; i++) {
            int row = Math.min(layer.out - 1, out + i / side);
            int column = Math.min(channels - 1, in + i % side);
            values[(row * channels + column) * taps + t] = 0;
          }
        }
      }
    }
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", Tensor.of(values, weights.shape().dims()));
    return network(layer, DType.FLOAT32, "Conv", List.of("x", "w"), constants);
  }

  /** {@code dev.lathe.QConv}: uint8 activations, int8 weights. */
  static Network u8s8(Layer layer) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", weights(layer, DType.INT8));
    constants.put("scale", Tensor.scalar(0.02f));
    constants.put("w_scale", Tensor.scalar(0.01f));
    constants.put("y_scale", Tensor.scalar(0.5f));
    constants.put("zero", Tensor.of(DType.UINT8, new byte[] {(byte) 128}));
    constants.put("w_zero", Tensor.of(DType.INT8, new byte[1]));
    List<String> inputs =
        List.of("x", "scale", "zero", "w", "w_scale", "w_zero", "y_scale", "zero");
    return network(layer, DType.UINT8, "QConv", inputs, constants);
  }

  private static Tensor weights(Layer layer, DType dtype) {
    Shape shape = Shape.of(layer.out, layer.in / layer.groups, layer.kernel, layer.kernel);
    return SeededInputs.of(TensorFact.of(dtype, shape), 7);
  }

  private static Network network(
      Layer layer,
      DType dtype,
      String operator,
      List<String> inputs,
      Map<String, Tensor> constants) {
    Map<String, Attribute> attributes =
        Map.of(
            "kernel_shape", ints(2, layer.kernel),
            "strides", ints(2, layer.stride),
            "pads", ints(4, layer.pad()),
            "group", new Attribute.Int(layer.groups));
    Graph graph =
        new Graph(
            layer.name(),
            List.of(ValueInfo.of("x", dtype, 1, layer.height, layer.width, layer.in)),
            List.of(ValueInfo.of("y", dtype, 1, layer.outHeight(), layer.outWidth(), layer.out)),
            constants,
            List.of(
                Node.of(
                    layer.name(), Node.LATHE_DOMAIN, operator, inputs, List.of("y"), attributes)),
            Map.of(),
            null);
    return new Network(10, Map.of("", 21L), graph, "lathe-bench", Map.of(), null);
  }

  private static Attribute ints(int count, long value) {
    return new Attribute.Ints(LongStream.generate(() -> value).limit(count).boxed().toList());
  }
}
