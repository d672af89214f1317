package dev.lathe.compress;

import dev.lathe.graph.Network;
import java.util.function.UnaryOperator;

/**
 * One method of compression with its settings: a network in, a smaller or simpler one out. The same
 * settings on the same network with the same samples give the same bits.
 */
public interface Compression extends UnaryOperator<Network> {

  /** The method and its settings, as the provenance in the file says it. */
  String describe();

  /**
   * Compresses.
   *
   * @throws dev.lathe.error.UsageException when the settings make no sense for this network, or
   *     samples are needed and the context has none
   */
  Outcome run(Network network, CompressionContext context);

  /** Compresses without samples. */
  @Override
  default Network apply(Network network) {
    return run(network, CompressionContext.none()).network();
  }

  /** This method with a context, as a step of {@code Model.transform}. */
  default UnaryOperator<Network> in(CompressionContext context) {
    return network -> run(network, context).network();
  }
}
