package dev.lathe.compress.surgery;

import java.util.Map;

/**
 * What has to go together: indices of dimensions of values, activations and weights alike.
 *
 * @param indices of each dimension, ascending
 */
public record Channel(Map<Axis, int[]> indices) {

  private static final int[] NONE = {};

  /** The indices of one dimension that are part of it; none when it does not touch it. */
  public int[] of(Axis axis) {
    return indices.getOrDefault(axis, NONE);
  }
}
