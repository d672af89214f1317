package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.Weight;
import dev.lathe.graph.Node;

/**
 * A weight that takes channels in.
 *
 * @param axis the dimension of the weight that counts input channels
 */
public record Reader(Weight weight, Axis axis) {

  public Node node() {
    return weight.node();
  }
}
