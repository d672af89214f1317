package dev.lathe.report.compare;

import java.util.Locale;

/**
 * Where a rung of the ladder of sparsity and bits stands.
 *
 * @param pattern of the zeros as {@code prune --granularity} spells it; empty for dense weights
 * @param sparsity asked for, 0..1
 * @param bits of a weight: 32 for floats, else integers of 8 bits and fewer with uint8 activations
 */
public record Place(String pattern, double sparsity, int bits) {

  static final int FLOAT = 32;
  static final int INTEGER = 8;

  static Place dense(int bits) {
    return new Place("", 0, bits);
  }

  public boolean isDense() {
    return pattern.isEmpty();
  }

  /** The rung that its speed is to be told from: the dense one of the same kernels. */
  String against() {
    return bits == FLOAT || (isDense() && bits == INTEGER) ? SparseLadder.FP32 : SparseLadder.INT8;
  }

  /** As in {@code fp32}, {@code int4} or {@code binary}. */
  String weights() {
    return bits == FLOAT ? SparseLadder.FP32 : bits == 1 ? "binary" : "int" + bits;
  }

  String activations() {
    return bits == FLOAT ? SparseLadder.FP32 : "uint8";
  }

  /** As in {@code 90 % zeros in blocks of 1x4, int8}. */
  String describe() {
    String type = bits == FLOAT ? "fp32" : weights() + " weights, uint8 activations";
    if (isDense()) {
      return type;
    }
    String where =
        pattern.equals("weight")
            ? "one by one"
            : pattern.contains(":") ? "as " + pattern : "in blocks of " + pattern;
    return String.format(Locale.ROOT, "%.0f %% zeros %s, %s", 100 * sparsity, where, type);
  }
}
