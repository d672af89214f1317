package dev.lathe.pass;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphEditor;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The constant float weights and bias of a Conv, ConvTranspose or Gemm, by output channel, for
 * folding what follows into them.
 *
 * @param channels output channels
 * @param channelStep elements between the weights of neighbouring channels
 * @param run consecutive elements that belong to one channel
 */
record ProductWeights(
    Node node, Tensor weights, @Nullable Tensor bias, int channels, long channelStep, long run) {

  /** The weights of a node whose result may be scaled and shifted; null when that is not so. */
  static @Nullable ProductWeights of(GraphEditor graph, @Nullable Node node) {
    boolean transposed =
        node != null && node.is("ConvTranspose") && node.intAttribute("group", 1) == 1;
    if (node == null || (!node.is("Conv") && !node.is("Gemm") && !transposed)) {
      return null;
    }
    Tensor weights = Edits.floats(graph, node.input(1));
    Tensor bias = Edits.floats(graph, node.input(2));
    if (weights == null || weights.elements() == 0 || (node.hasInput(2) && bias == null)) {
      return null;
    }
    boolean byColumn = node.is("Gemm") && node.intAttribute("transB", 0) == 0;
    if (node.is("Gemm") ? weights.shape().rank() != 2 : weights.shape().rank() < 3) {
      return null;
    }
    int channels = weights.shape().intDim(byColumn || transposed ? 1 : 0);
    if (bias != null && bias.elements() != channels && bias.elements() != 1) {
      return null;
    }
    if (bias != null && bias.shape().rank() == 2 && bias.shape().dim(0) != 1) {
      return null;
    }
    long run =
        byColumn
            ? 1
            : transposed
                ? weights.shape().product(2, weights.shape().rank())
                : weights.elements() / channels;
    return new ProductWeights(node, weights, bias, channels, run, run);
  }

  /** Spatial axes of the result; 0 for Gemm. */
  int spatialAxes() {
    return node.is("Gemm") ? 0 : weights.shape().rank() - 2;
  }

  /**
   * Replaces the node by one whose result is {@code factor(c) * result + shift(c)}; computed in
   * double precision, rounded once.
   *
   * @return the new node, with weights of its own
   */
  Node rescale(GraphEditor graph, IntToDoubleFunction factor, IntToDoubleFunction shift) {
    Tensor scaled = Tensor.zeros(DType.FLOAT32, weights.shape());
    for (long i = 0; i < weights.elements(); i++) {
      int channel = (int) (i / channelStep % channels);
      float value = (float) (weights.f32(i) * factor.applyAsDouble(channel));
      scaled.data().set(Tensor.F32, 4 * i, value);
    }
    float beta = node.is("Gemm") ? node.floatAttribute("beta", 1) : 1;
    float[] shifted = new float[channels];
    for (int c = 0; c < channels; c++) {
      double old = bias == null ? 0 : (double) beta * bias.f32(bias.elements() == 1 ? 0 : c);
      shifted[c] = (float) (old * factor.applyAsDouble(c) + shift.applyAsDouble(c));
    }
    Node changed =
        node.withInput(1, graph.addConstant(node.input(1) + "/scaled", scaled))
            .withInput(2, graph.addConstant(node.name() + "/bias", Tensor.of(shifted, channels)));
    if (node.is("Gemm")) {
      changed = changed.withAttribute("beta", new Attribute.Real(1));
    }
    graph.replace(node, changed);
    return changed;
  }
}
