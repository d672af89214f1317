package dev.lathe.compress.recover;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Dim;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Builds networks of one input with an open batch, seeded weights and the output y. */
public final class RandomNet {

  private final Random random;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> constants = new LinkedHashMap<>();

  public RandomNet(long seed) {
    this.random = new Random(seed);
  }

  public RandomNet weights(String name, long... dims) {
    float[] values = new float[(int) Arrays.stream(dims).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return constant(name, Tensor.of(values, dims));
  }

  public RandomNet constant(String name, Tensor value) {
    constants.put(name, value);
    return this;
  }

  public RandomNet node(
      String op, String inputs, String output, Map<String, Attribute> attributes) {
    nodes.add(
        Node.of("n_" + output, "", op, List.of(inputs.split(" ")), List.of(output), attributes));
    return this;
  }

  /** With an input of shape [N, dims...]. */
  public Network build(String input, long... dims) {
    List<Dim> shape = new ArrayList<>();
    shape.add(new Dim.Symbol("N"));
    Arrays.stream(dims).forEach(dim -> shape.add(new Dim.Fixed(dim)));
    Graph graph =
        new Graph(
            "g",
            List.of(new ValueInfo(input, DType.FLOAT32, shape, null)),
            List.of(new ValueInfo("y", DType.FLOAT32, null, null)),
            constants,
            nodes,
            Map.of(),
            null);
    return new Network(8, Map.of("", 13L), graph, "test", Map.of(), null);
  }
}
