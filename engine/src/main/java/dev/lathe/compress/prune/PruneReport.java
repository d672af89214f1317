package dev.lathe.compress.prune;

import java.util.List;

/**
 * What pruning did to each weight.
 *
 * @param kept nodes with weights that stay as they are, each with the reason
 * @param warnings what may cost accuracy
 */
public record PruneReport(List<Layer> layers, List<String> kept, List<String> warnings) {

  /**
   * One weight.
   *
   * @param node the first that reads it
   * @param op its operator
   * @param groups in the weight
   * @param zeroedGroups that were chosen
   * @param zerosBefore elements that were zero
   * @param zerosAfter elements that are zero now
   */
  public record Layer(
      String node,
      String op,
      String tensor,
      long parameters,
      long groups,
      long zeroedGroups,
      long zerosBefore,
      long zerosAfter) {

    public double sparsityBefore() {
      return (double) zerosBefore / parameters;
    }

    public double sparsityAfter() {
      return (double) zerosAfter / parameters;
    }
  }

  public PruneReport {
    layers = List.copyOf(layers);
    kept = List.copyOf(kept);
    warnings = List.copyOf(warnings);
  }

  /** All layers as one. */
  public Layer total() {
    return layers.stream().reduce(new Layer("total", "", "", 0, 0, 0, 0, 0), PruneReport::plus);
  }

  private static Layer plus(Layer sum, Layer one) {
    return new Layer(
        sum.node,
        sum.op,
        sum.tensor,
        sum.parameters + one.parameters,
        sum.groups + one.groups,
        sum.zeroedGroups + one.zeroedGroups,
        sum.zerosBefore + one.zerosBefore,
        sum.zerosAfter + one.zerosAfter);
  }
}
