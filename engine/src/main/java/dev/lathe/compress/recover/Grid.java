package dev.lathe.compress.recover;

import dev.lathe.quant.QuantParams;

/** The values that weights may take; 0 is one of them. */
@FunctionalInterface
public interface Grid {

  /** The value next to {@code value} that weights of a filter may take. */
  double nearest(int row, double value);

  /** That of integers with scales and zero points, for all rows or one per row. */
  static Grid of(QuantParams params) {
    boolean shared = params.perTensor();
    return (row, value) -> {
      int at = shared ? 0 : row;
      return params.dequantize(params.quantize((float) value, at), at);
    };
  }
}
