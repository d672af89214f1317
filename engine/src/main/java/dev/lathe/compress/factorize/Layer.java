package dev.lathe.compress.factorize;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Shape;

/**
 * A product that may become several.
 *
 * @param input shape of what it reads
 * @param output shape of what it makes
 */
public record Layer(Weight weight, Shape input, Shape output) {

  public Node node() {
    return weight.node();
  }

  public Shape shape() {
    return weight.tensor().shape();
  }

  public boolean isConv() {
    return node().is("Conv");
  }

  /** Output positions: pixels of all samples, or rows. */
  public long positions() {
    return output.elements() / (isConv() ? output.dim(1) : output.dim(-1));
  }

  /** Multiply-accumulates as it is. */
  public long macs() {
    return positions() * weight.view().k() * weight.view().n();
  }
}
