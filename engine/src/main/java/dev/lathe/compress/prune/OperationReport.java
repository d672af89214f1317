package dev.lathe.compress.prune;

import java.util.List;

/**
 * What became of whole operations.
 *
 * @param removed in the order they went
 * @param macsBefore multiply-accumulates at the shapes of the inputs, open axes at the least size
 *     that passes
 * @param kept products that can't go, with the reason
 */
public record OperationReport(
    List<Removed> removed, long macsBefore, long macsAfter, List<String> kept) {

  /**
   * A part that is gone.
   *
   * @param entry value it started from
   * @param exit value it made
   * @param change of the outputs on the samples with it and all before it gone, as {@code
   *     OutputChange} measures it
   */
  public record Removed(String entry, String exit, List<String> nodes, long macs, double change) {
    public Removed {
      nodes = List.copyOf(nodes);
    }
  }

  public OperationReport {
    removed = List.copyOf(removed);
    kept = List.copyOf(kept);
  }
}
