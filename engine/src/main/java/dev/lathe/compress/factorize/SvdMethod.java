package dev.lathe.compress.factorize;

import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A product as two: Gemm and MatMul through fewer features; a convolution as one with fewer filters
 * and a 1x1 convolution over these (Denton et al., 2014; Zhang et al., <i>Accelerating Very Deep
 * Networks</i>, 2016).
 */
record SvdMethod() implements FactorMethod {

  @Override
  public String name() {
    return "svd";
  }

  @Override
  public String obstacle(Layer layer) {
    boolean left = !layer.node().input(1).equals(layer.weight().name());
    if (layer.weight().view().batches() != 1) {
      return "its weight is several matrices";
    }
    return left || layer.shape().rank() < 2 ? "its weight is no matrix on the right" : "";
  }

  @Override
  public Decomposition decompose(Layer layer) {
    WeightView view = layer.weight().view();
    return new Parts(layer, LowRank.of(WeightMatrix.of(layer.weight()), view.n(), view.k()));
  }

  /** With the weight as a matrix of filters, n x k. */
  private record Parts(Layer layer, LowRank matrix) implements Decomposition {

    @Override
    public List<double[]> energies() {
      return List.of(matrix.energies());
    }

    @Override
    public long macs(int[] ranks) {
      WeightView view = layer.weight().view();
      return layer.positions() * ranks[0] * (view.k() + view.n());
    }

    @Override
    public List<Node> nodes(Node node, int[] ranks, Factors factors, GraphEditor editor) {
      String inner = editor.freshName(node.output(0) + "_rank");
      return layer.isConv()
          ? convolutions(node, ranks[0], factors, editor, inner)
          : products(node, ranks[0], factors, editor, inner);
    }

    private List<Node> convolutions(
        Node node, int rank, Factors factors, GraphEditor editor, String inner) {
      long[] dims = layer.shape().dims();
      WeightView view = layer.weight().view();
      String first =
          factors.name(
              "right",
              editor,
              () -> {
                dims[0] = rank;
                return Factors.tensor(
                    ConvWeights.channelsFirst(matrix.right(rank), rank, view), dims);
              });
      String second =
          factors.name(
              "left",
              editor,
              () -> {
                long[] pointwise = new long[dims.length];
                java.util.Arrays.fill(pointwise, 1);
                pointwise[0] = view.n();
                pointwise[1] = rank;
                return Factors.tensor(matrix.left(rank), pointwise);
              });
      return List.of(
          ConvWeights.first(node, editor, first, inner),
          ConvWeights.pointwise(node, editor, inner, second, dims.length - 2));
    }

    private List<Node> products(
        Node node, int rank, Factors factors, GraphEditor editor, String inner) {
      WeightView view = layer.weight().view();
      boolean rows = !view.columns();
      String first =
          factors.name(
              "right",
              editor,
              () ->
                  rows
                      ? Factors.tensor(matrix.right(rank), rank, view.k())
                      : Factors.tensor(
                          transposed(matrix.right(rank), rank, view.k()), view.k(), rank));
      String second =
          factors.name(
              "left",
              editor,
              () ->
                  rows
                      ? Factors.tensor(matrix.left(rank), view.n(), rank)
                      : Factors.tensor(
                          transposed(matrix.left(rank), view.n(), rank), rank, view.n()));
      List<String> rest = new ArrayList<>(List.of(inner, second));
      rest.addAll(node.inputs().subList(2, node.inputs().size()));
      Node narrow =
          Node.of(
              editor.freshName(node.name() + "_rank"),
              "",
              node.opType(),
              List.of(node.input(0), first),
              List.of(inner),
              Map.of());
      Node wide = node.withInputs(rest);
      if (node.is("Gemm")) {
        for (String key : List.of("transA", "transB")) {
          narrow = narrow.withAttribute(key, new Attribute.Int(node.intAttribute(key, 0)));
        }
        wide = wide.withAttribute("transA", new Attribute.Int(0));
      }
      return List.of(narrow, wide);
    }

    private static double[] transposed(double[] matrix, int rows, int columns) {
      double[] result = new double[matrix.length];
      for (int i = 0; i < matrix.length; i++) {
        result[i % columns * rows + i / columns] = matrix[i];
      }
      return result;
    }
  }
}
