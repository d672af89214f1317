package dev.lathe.compress;

import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * Samples ready for a network.
 *
 * @param inputs in the order of the network's inputs, the samples along axis 0
 * @param count number of real samples; rows from there on are padding
 */
public record SampleBatch(List<Tensor> inputs, int count) {

  public SampleBatch {
    inputs = List.copyOf(inputs);
  }

  /** Rows along axis 0, padding included. */
  public long rows() {
    return inputs.getFirst().shape().rank() == 0 ? 1 : inputs.getFirst().shape().dim(0);
  }
}
