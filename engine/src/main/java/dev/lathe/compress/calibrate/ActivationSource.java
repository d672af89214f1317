package dev.lathe.compress.calibrate;

import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.function.BiConsumer;

/** Computes inner values of a network. */
public interface ActivationSource extends AutoCloseable {

  /**
   * Runs the network on one batch, given input by input as it declares them, and hands over every
   * observed value by name, float32. The tensors are valid during the call only.
   */
  void run(List<Tensor> inputs, BiConsumer<String, Tensor> observed);

  @Override
  void close();
}
