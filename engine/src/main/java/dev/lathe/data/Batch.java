package dev.lathe.data;

import dev.lathe.tensor.Tensor;
import java.util.List;

/**
 * Samples ready for a model.
 *
 * @param input float32, as the model's input; rows from {@code count} on are zero padding
 * @param labels class index of each real sample, or {@link Sample#NO_LABEL}
 * @param count number of real samples
 */
public record Batch(Tensor input, List<Integer> labels, int count) {

  public Batch {
    labels = List.copyOf(labels);
  }
}
