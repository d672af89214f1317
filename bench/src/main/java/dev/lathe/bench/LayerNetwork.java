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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
    return f32(layer, weights(layer, DType.FLOAT32));
  }

  private static Network f32(Layer layer, Tensor weights) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", weights);
    return network(layer, DType.FLOAT32, "Conv", List.of("x", "w"), constants);
  }

  /**
   * {@link #f32} or {@link #u8s8} whose weights are zero in blocks of {@code outputs} output times
   * {@code inputs} input channels, at random, with probability {@code sparsity}.
   */
  static Network sparse(Layer layer, DType dtype, double sparsity, int outputs, int inputs) {
    Tensor weights = weights(layer, dtype);
    int bytes = (int) (weights.data().byteSize() / weights.elements());
    byte[] values = weights.data().toArray(Tensor.I8);
    int taps = layer.kernel * layer.kernel;
    int channels = layer.in / layer.groups;
    Random random = new Random(11);
    for (int out = 0; out < layer.out; out += outputs) {
      for (int in = 0; in < channels; in += inputs) {
        for (int t = 0; t < taps; t++) {
          boolean zero = random.nextDouble() < sparsity;
          for (int i = 0; zero && i < outputs * inputs; i++) {
            int row = Math.min(layer.out - 1, out + i / inputs);
            int column = Math.min(channels - 1, in + i % inputs);
            int at = bytes * ((row * channels + column) * taps + t);
            Arrays.fill(values, at, at + bytes, (byte) 0);
          }
        }
      }
    }
    MemorySegment data = Arena.ofAuto().allocate(values.length, 64);
    Tensor pruned =
        new Tensor(dtype, weights.shape(), data.copyFrom(MemorySegment.ofArray(values)));
    return dtype == DType.FLOAT32 ? f32(layer, pruned) : u8s8(layer, pruned);
  }

  /** {@code dev.lathe.QConv}: uint8 activations, int8 weights. */
  static Network u8s8(Layer layer) {
    return u8s8(layer, weights(layer, DType.INT8));
  }

  private static Network u8s8(Layer layer, Tensor weights) {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("w", weights);
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
