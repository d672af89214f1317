package dev.lathe.compress.factorize;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A convolution between two 1x1 convolutions, over fewer channels and with fewer filters (Kim et
 * al., <i>Compression of Deep Convolutional Neural Networks</i>, 2016), by projection on the
 * leading singular vectors of both unfoldings (De Lathauwer et al., 2000).
 */
record Tucker2Method() implements FactorMethod {

  @Override
  public String name() {
    return "tucker2";
  }

  @Override
  public String obstacle(Layer layer) {
    if (!layer.isConv()) {
      return "it is no convolution";
    }
    if (layer.weight().view().batches() != 1) {
      return "it has groups";
    }
    return layer.weight().view().taps() == 1 ? "its kernel is a single tap" : "";
  }

  @Override
  public Decomposition decompose(Layer layer) {
    Shape shape = layer.shape();
    int filters = shape.intDim(0);
    int channels = shape.intDim(1);
    int taps = layer.weight().view().taps();
    double[] byFilter = new double[Math.toIntExact(shape.elements())];
    double[] byChannel = new double[byFilter.length];
    for (int i = 0; i < byFilter.length; i++) {
      int tap = i % taps;
      int c = i / taps % channels;
      int f = i / (taps * channels);
      byFilter[i] = layer.weight().tensor().real(i);
      byChannel[(c * filters + f) * taps + tap] = byFilter[i];
    }
    return new Parts(
        layer,
        Basis.of(byFilter, filters, channels * taps),
        Basis.of(byChannel, channels, filters * taps));
  }

  /** Leading left singular vectors. */
  private record Basis(SymmetricEigen eigen, int size) {

    static Basis of(double[] matrix, int rows, int columns) {
      double[] gram = new double[rows * rows];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = 0;
          for (int k = 0; k < columns; k++) {
            sum += matrix[i * columns + k] * matrix[j * columns + k];
          }
          gram[i * rows + j] = sum;
          gram[j * rows + i] = sum;
        }
      }
      return new Basis(SymmetricEigen.of(gram, rows), rows);
    }

    double[] energies() {
      return java.util.Arrays.stream(eigen.values()).map(value -> Math.max(0, value)).toArray();
    }
  }

  /** Modes: filters, then channels. */
  private record Parts(Layer layer, Basis filters, Basis channels) implements Decomposition {

    @Override
    public List<double[]> energies() {
      return List.of(filters.energies(), channels.energies());
    }

    @Override
    public long macs(int[] ranks) {
      Shape input = layer.input();
      long before = input.elements() / input.dim(1) * channels.size() * ranks[1];
      long core = layer.positions() * ranks[0] * ranks[1] * layer.weight().view().taps();
      return before + core + layer.positions() * ranks[0] * filters.size();
    }

    @Override
    public List<Node> nodes(Node node, int[] ranks, Factors factors, GraphEditor editor) {
      int axes = layer.shape().rank() - 2;
      long[] wide = new long[axes + 2];
      java.util.Arrays.fill(wide, 1);
      String entry =
          factors.name(
              "entry",
              editor,
              () -> {
                double[] weights = new double[ranks[1] * channels.size()];
                for (int i = 0; i < weights.length; i++) {
                  weights[i] = channels.eigen().vector(i / channels.size())[i % channels.size()];
                }
                return Factors.tensor(weights, dims(ranks[1], channels.size(), wide));
              });
      String core =
          factors.name(
              "core",
              editor,
              () -> Factors.tensor(core(ranks), dims(ranks[0], ranks[1], layer.shape().dims())));
      String exit =
          factors.name(
              "exit",
              editor,
              () -> {
                double[] weights = new double[filters.size() * ranks[0]];
                for (int i = 0; i < weights.length; i++) {
                  weights[i] = filters.eigen().vector(i % ranks[0])[i / ranks[0]];
                }
                return Factors.tensor(weights, dims(filters.size(), ranks[0], wide));
              });
      String narrow = editor.freshName(node.output(0) + "_entry");
      String inner = editor.freshName(node.output(0) + "_core");
      Node first =
          Node.of(
              editor.freshName(node.name() + "_entry"),
              "",
              "Conv",
              List.of(node.input(0), entry),
              List.of(narrow),
              Map.of("kernel_shape", new Attribute.Ints(Collections.nCopies(axes, 1L))));
      Node middle = ConvWeights.first(node.withInput(0, narrow), editor, core, inner);
      return List.of(first, middle, ConvWeights.pointwise(node, editor, inner, exit, axes));
    }

    private static long[] dims(long filters, long channels, long[] like) {
      long[] dims = like.clone();
      dims[0] = filters;
      dims[1] = channels;
      return dims;
    }

    /** The weight seen from the leading vectors of both modes. */
    private double[] core(int[] ranks) {
      int m = filters.size();
      int c = channels.size();
      int taps = layer.weight().view().taps();
      double[] rows = new double[ranks[0] * c * taps];
      for (int r = 0; r < ranks[0]; r++) {
        for (int f = 0; f < m; f++) {
          double a = filters.eigen().vector(r)[f];
          for (int i = 0; i < c * taps; i++) {
            rows[r * c * taps + i] += a * layer.weight().tensor().real((long) f * c * taps + i);
          }
        }
      }
      double[] core = new double[ranks[0] * ranks[1] * taps];
      for (int r = 0; r < ranks[0]; r++) {
        for (int s = 0; s < ranks[1]; s++) {
          for (int i = 0; i < c * taps; i++) {
            core[(r * ranks[1] + s) * taps + i % taps] +=
                channels.eigen().vector(s)[i / taps] * rows[r * c * taps + i];
          }
        }
      }
      return core;
    }
  }
}
