package dev.lathe.compress.factorize;

import java.util.List;

/**
 * What became of layers.
 *
 * @param layers that were taken apart
 * @param kept nodes that were not, with the reason
 */
public record FactorReport(List<Layer> layers, List<String> kept) {

  /**
   * One weight.
   *
   * @param ranks by mode
   * @param full ranks by mode
   * @param energy share of the squared Frobenius norm of the weight that is kept, at least
   */
  public record Layer(
      String node,
      String op,
      List<Integer> ranks,
      List<Integer> full,
      double energy,
      long macsBefore,
      long macsAfter) {
    public Layer {
      ranks = List.copyOf(ranks);
      full = List.copyOf(full);
    }
  }

  public FactorReport {
    layers = List.copyOf(layers);
    kept = List.copyOf(kept);
  }
}
