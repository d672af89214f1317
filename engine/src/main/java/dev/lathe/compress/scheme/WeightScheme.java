package dev.lathe.compress.scheme;

import dev.lathe.quant.Range;
import dev.lathe.tensor.DType;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A way to write weights with few bits. Exact zeros stay zeros, and coding the values of a code
 * again gives the same values.
 */
public interface WeightScheme {

  /** The name with its settings, as {@link WeightSchemes#parse} reads it. */
  String name();

  /** Most bits that a weight takes, without parameters. */
  int bits();

  /** Whether pieces have parameters of their own; otherwise the granularity does not matter. */
  default boolean hasParameters() {
    return true;
  }

  /** Whether weights of a class of layers share parameters, see {@link #forClass}. */
  default boolean byClass() {
    return false;
  }

  /**
   * The scheme for one class of layers.
   *
   * @param ranges of all weights of the class
   */
  default WeightScheme forClass(Stream<Range> ranges) {
    return this;
  }

  /** The ONNX type that holds the values as they are; null when there is none. */
  default @Nullable DType storage() {
    return null;
  }

  /**
   * Codes the weights.
   *
   * @param rows finite, in the order of {@link dev.lathe.compress.weights.WeightMatrix}
   */
  WeightCode encode(float[] rows, Pieces pieces);
}
