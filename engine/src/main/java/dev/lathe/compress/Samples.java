package dev.lathe.compress;

import dev.lathe.graph.ValueInfo;
import java.util.List;
import java.util.OptionalLong;

/** Inputs to observe a network with, the same ones in the same order as often as asked. */
public interface Samples {

  /** What the user calls them: the path. */
  String name();

  /** How many there are, when it is known before reading them. */
  OptionalLong count();

  /**
   * Starts a pass from the first sample.
   *
   * @param inputs of the network, as it declares them
   * @throws dev.lathe.error.LatheException when the samples do not fit the inputs
   */
  SamplePass open(List<ValueInfo> inputs);
}
