package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;

/** Divides the elements of one weight into groups that become zero together. */
public interface Partition {

  /** Number of groups; each has at least one element. */
  int count();

  /** The group, from 0, of one element of a {@link WeightView}. */
  int group(int batch, int row, int tap, int channel);
}
