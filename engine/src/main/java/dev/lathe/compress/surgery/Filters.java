package dev.lathe.compress.surgery;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.graph.Node;
import dev.lathe.tensor.Tensor;

/**
 * A weight whose filters make channels.
 *
 * @param node the product
 * @param axis the dimension of the weight that counts filters
 * @param tensor its contents
 * @param view as the product reads it
 * @param rows of the view per filter
 */
public record Filters(Node node, Axis axis, Tensor tensor, WeightView view, int rows) {

  public Weight weight() {
    return new Weight(node, axis.value(), tensor, view);
  }
}
