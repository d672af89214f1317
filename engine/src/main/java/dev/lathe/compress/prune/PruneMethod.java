package dev.lathe.compress.prune;

import java.util.function.LongFunction;

/**
 * A way to choose what is zeroed.
 *
 * @param score from the seed
 * @param draws whether the score depends on the seed
 * @param byThreshold whether a threshold on the score decides how much, not a share
 */
public record PruneMethod(
    String name, LongFunction<ImportanceScore> score, boolean draws, boolean byThreshold) {}
