package dev.lathe.compress.share;

import dev.lathe.compress.scheme.Pieces;
import dev.lathe.compress.scheme.WeightCode;
import dev.lathe.compress.scheme.WeightScheme;
import java.util.Arrays;

/** Filters that are nearly alike become one. */
record TiedFilters(double tolerance) implements WeightScheme {

  @Override
  public String name() {
    return "filters:" + tolerance;
  }

  @Override
  public int bits() {
    return 0;
  }

  /** A piece is a filter. */
  @Override
  public WeightCode encode(float[] rows, Pieces pieces) {
    float[][] filters = new float[pieces.count()][];
    for (int i = 0; i < filters.length; i++) {
      filters[i] = Arrays.copyOfRange(rows, pieces.from(i), pieces.to(i));
    }
    NearDuplicates.Merged merged = NearDuplicates.merge(filters, tolerance);
    return new WeightCode.Tied(merged.of(), merged.means());
  }
}
