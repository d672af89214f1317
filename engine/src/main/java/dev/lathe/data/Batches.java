package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a data set in batches, preprocessed for a model. Holds one batch at a time; the
 * tensors are the caller's to keep.
 */
public final class Batches implements AutoCloseable {

  private final String name;
  private final SampleReader reader;
  private final Preprocess preprocess;
  private final InputSpec spec;
  private final int size;
  private final int classes;
  private @Nullable Sample pending;

  private Batches(
      String name,
      SampleReader reader,
      Preprocess preprocess,
      InputSpec spec,
      int size,
      int classes,
      Sample pending) {
    this.name = name;
    this.reader = reader;
    this.preprocess = preprocess;
    this.spec = spec;
    this.size = size;
    this.classes = classes;
    this.pending = pending;
  }

  /**
   * Starts a pass.
   *
   * @param input the model's declared input; a fixed batch size in it overrides {@code size}, and
   *     the last batch is padded to it
   * @param size samples per batch
   * @param classes number of classes the model knows, to check labels against; 0 when unknown
   * @throws InvalidDataException when the data set is empty, or holds arrays of another shape and
   *     no conversion was asked for
   */
  public static Batches open(
      Dataset dataset, Preprocess preprocess, ValueInfo input, int size, int classes) {
    SampleReader reader = dataset.open();
    try {
      Sample first = reader.next();
      if (first == null) {
        throw new InvalidDataException(
            new Problem("the data has no samples", dataset.name(), "", "give data with samples"));
      }
      InputSpec spec = InputSpec.of(input, preprocess, first.pixels());
      if (dataset.uniform()) {
        preprocess.requireShape(first, spec);
      }
      int batch = spec.batch() > 0 ? spec.batch() : size;
      return new Batches(dataset.name(), reader, preprocess, spec, batch, classes, first);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  public InputSpec spec() {
    return spec;
  }

  /** The next batch, or null after the last sample. */
  public @Nullable Batch next() {
    if (pending == null) {
      return null;
    }
    float[] values = new float[Math.multiplyExact(size, spec.values())];
    List<Integer> labels = new ArrayList<>();
    int count = 0;
    for (Sample sample = pending; sample != null; sample = reader.next()) {
      preprocess.apply(sample, spec, values, count * spec.values());
      labels.add(checked(sample));
      count++;
      if (count == size) {
        break;
      }
    }
    pending = count == size ? reader.next() : null;
    int rows = spec.batch() > 0 ? size : count;
    float[] used = rows == size ? values : Arrays.copyOf(values, rows * spec.values());
    return new Batch(Tensor.of(used, spec.dims(rows)), labels, count);
  }

  private int checked(Sample sample) {
    if (classes > 0 && sample.label() >= classes) {
      throw new InvalidDataException(
          new Problem(
              "label " + sample.label() + " is out of range",
              sample.where(),
              "the model has " + classes + " classes, 0 to " + (classes - 1),
              "check that " + name + " is numbered as the model's outputs are"));
    }
    return sample.label();
  }

  @Override
  public void close() {
    reader.close();
  }
}
