package dev.lathe.compress.prune;

import java.util.BitSet;
import java.util.List;

/** How much is zeroed. */
public interface Budget {

  /** As the provenance in the file says it. */
  String describe();

  /** The groups to zero, for each weight. */
  List<BitSet> choose(List<ScoredWeight> weights);

  /** What whoever prunes by it has to know. */
  default List<String> warnings() {
    return List.of();
  }
}
