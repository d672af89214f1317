package dev.lathe.quant;

import dev.lathe.tensor.Tensor;

/**
 * How far an approximation is from its original.
 *
 * @param maxAbs largest absolute difference
 * @param meanSquare mean of the squared differences
 * @param sqnrDb signal to quantization noise ratio, {@code 10 log10(sum x^2 / sum (x - y)^2)};
 *     infinite when they are equal
 */
public record QuantError(double maxAbs, double meanSquare, double sqnrDb) {

  /** Compares two float32 tensors of one shape. */
  public static QuantError between(Tensor original, Tensor approximation) {
    double signal = 0;
    double noise = 0;
    double maxAbs = 0;
    for (long i = 0; i < original.elements(); i++) {
      double x = original.f32(i);
      double difference = x - approximation.f32(i);
      signal += x * x;
      noise += difference * difference;
      maxAbs = Math.max(maxAbs, Math.abs(difference));
    }
    double meanSquare = original.elements() == 0 ? 0 : noise / original.elements();
    double ratio =
        noise == 0
            ? Double.POSITIVE_INFINITY
            : signal == 0 ? Double.NEGATIVE_INFINITY : 10 * Math.log10(signal / noise);
    return new QuantError(maxAbs, meanSquare, ratio);
  }
}
