package dev.lathe.report;

import dev.lathe.graph.Network;

/**
 * How far outputs of two engines or models may be apart, in units of the largest output value,
 * where the user does not say.
 */
public final class Tolerance {

  /** Sums of fp32 products in another order differ far less. */
  public static final double FLOAT = 1e-4;

  /** Another rounding here and there, carried through the layers. */
  public static final double QUANTIZED = 0.05;

  private Tolerance() {}

  /** {@link #QUANTIZED} for a network with quantized values, else {@link #FLOAT}. */
  public static double of(Network network) {
    boolean quantized =
        network.graph().nodes().stream()
            .anyMatch(
                node -> node.opType().contains("Quantize") || node.opType().startsWith("QLinear"));
    return quantized ? QUANTIZED : FLOAT;
  }
}
