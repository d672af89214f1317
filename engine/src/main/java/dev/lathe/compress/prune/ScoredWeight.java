package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;

/**
 * The scores of one weight's groups.
 *
 * @param scores by group, none negative
 */
@SuppressWarnings("ArrayRecordComponent") // millions of scores, never compared as a whole
public record ScoredWeight(WeightView view, double[] scores) {}
