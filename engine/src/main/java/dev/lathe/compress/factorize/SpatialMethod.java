package dev.lathe.compress.factorize;

import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution as one along the columns and one along the rows (Jaderberg, Vedaldi and Zisserman,
 * <i>Speeding up Convolutional Neural Networks with Low Rank Expansions</i>, 2014, scheme 2).
 */
record SpatialMethod() implements FactorMethod {

  @Override
  public String name() {
    return "spatial";
  }

  @Override
  public String obstacle(Layer layer) {
    if (!layer.isConv() || layer.shape().rank() != 4) {
      return "it is no convolution of two axes";
    }
    if (layer.weight().view().batches() != 1) {
      return "it has groups";
    }
    return layer.shape().dim(2) == 1 || layer.shape().dim(3) == 1
        ? "its kernel has one axis only"
        : "";
  }

  @Override
  public Decomposition decompose(Layer layer) {
    Shape shape = layer.shape();
    int filters = shape.intDim(0);
    int channels = shape.intDim(1);
    int height = shape.intDim(2);
    int width = shape.intDim(3);
    double[] matrix = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < matrix.length; i++) {
      int x = i % width;
      int y = i / width % height;
      int c = i / (width * height) % channels;
      int f = i / (width * height * channels);
      matrix[((c * height + y) * filters + f) * width + x] = layer.weight().tensor().real(i);
    }
    return new Parts(layer, LowRank.of(matrix, channels * height, filters * width));
  }

  /** With the weight as a matrix of (channel, y) by (filter, x). */
  private record Parts(Layer layer, LowRank matrix) implements Decomposition {

    @Override
    public List<double[]> energies() {
      return List.of(matrix.energies());
    }

    @Override
    public long macs(int[] ranks) {
      Shape shape = layer.shape();
      long columns = layer.output().dim(0) * layer.output().dim(2) * layer.input().dim(3);
      return ranks[0]
          * (columns * shape.dim(1) * shape.dim(2)
              + layer.positions() * shape.dim(0) * shape.dim(3));
    }

    @Override
    public List<Node> nodes(Node node, int[] ranks, Factors factors, GraphEditor editor) {
      int rank = ranks[0];
      Shape shape = layer.shape();
      int channels = shape.intDim(1);
      int height = shape.intDim(2);
      int width = shape.intDim(3);
      String vertical =
          factors.name(
              "vertical",
              editor,
              () -> {
                double[] left = matrix.left(rank);
                double[] weights = new double[left.length];
                for (int i = 0; i < left.length; i++) {
                  weights[i % rank * channels * height + i / rank] = left[i];
                }
                return Factors.tensor(weights, rank, channels, height, 1);
              });
      String horizontal =
          factors.name(
              "horizontal",
              editor,
              () -> {
                double[] right = matrix.right(rank);
                double[] weights = new double[right.length];
                int run = right.length / rank;
                for (int i = 0; i < right.length; i++) {
                  int f = i % run / width;
                  weights[(f * rank + i / run) * width + i % width] = right[i];
                }
                return Factors.tensor(weights, shape.dim(0), rank, 1, width);
              });
      String inner = editor.freshName(node.output(0) + "_rank");
      List<String> rest = new ArrayList<>(List.of(inner, horizontal));
      rest.addAll(node.inputs().subList(2, node.inputs().size()));
      return List.of(
          Node.of(
              editor.freshName(node.name() + "_rank"),
              "",
              "Conv",
              List.of(node.input(0), vertical),
              List.of(inner),
              ConvWeights.along(node, 0, height)),
          new Node(
              node.name(),
              "",
              "Conv",
              rest,
              node.outputs(),
              ConvWeights.along(node, 1, width),
              node.metadata(),
              node.opaque()));
    }
  }
}
