package dev.lathe.compress.quantize;

import dev.lathe.quant.QuantError;
import dev.lathe.quant.QuantParams;
import dev.lathe.quant.Range;
import java.util.List;

/**
 * What quantization did to each tensor.
 *
 * @param activations quantized values with their observed ranges
 * @param floatNodes nodes that stay in float, each with the reason
 * @param warnings what may cost accuracy or speed
 */
public record QuantizationReport(
    List<Weight> weights,
    List<Activation> activations,
    List<String> floatNodes,
    List<String> warnings) {

  /**
   * One weight of one node.
   *
   * @param range of the whole tensor
   */
  public record Weight(
      String node, String tensor, Range range, QuantParams params, QuantError error) {}

  /** One activation. */
  public record Activation(String tensor, Range range, QuantParams params) {}

  public QuantizationReport {
    weights = List.copyOf(weights);
    activations = List.copyOf(activations);
    floatNodes = List.copyOf(floatNodes);
    warnings = List.copyOf(warnings);
  }
}
