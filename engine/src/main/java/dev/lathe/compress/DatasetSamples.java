package dev.lathe.compress;

import dev.lathe.data.Batch;
import dev.lathe.data.Batches;
import dev.lathe.data.Dataset;
import dev.lathe.data.Preprocess;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.ValueInfo;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The first samples of a data set, for networks of one input.
 *
 * @param most samples to use
 * @param batch samples per run, unless the network fixes it
 */
public record DatasetSamples(Dataset dataset, Preprocess preprocess, long most, int batch)
    implements Samples {

  @Override
  public String name() {
    return dataset.name();
  }

  @Override
  public OptionalLong count() {
    OptionalLong size = dataset.size();
    return size.isPresent() ? OptionalLong.of(Math.min(size.getAsLong(), most)) : size;
  }

  @Override
  public DatasetSamples skip(long samples) {
    return new DatasetSamples(
        dataset.slice(samples, Long.MAX_VALUE), preprocess, Math.max(0, most - samples), batch);
  }

  @Override
  public SamplePass open(List<ValueInfo> inputs) {
    if (inputs.size() != 1) {
      throw new UnsupportedException(
          new Problem(
              "the data feeds one input, this model has " + inputs.size(),
              "inputs " + inputs,
              name() + " holds one array per sample",
              "give an .npz archive with an array per input, named after it"));
    }
    return new Pass(Batches.open(dataset, preprocess, inputs.getFirst(), batch, 0), most);
  }

  private static final class Pass implements SamplePass {

    private final Batches batches;
    private long left;

    Pass(Batches batches, long most) {
      this.batches = batches;
      this.left = most;
    }

    @Override
    public @Nullable SampleBatch next() {
      Batch batch = left > 0 ? batches.next() : null;
      if (batch == null) {
        return null;
      }
      int count = (int) Math.min(batch.count(), left);
      left -= count;
      return new SampleBatch(List.of(batch.input()), count);
    }

    @Override
    public void close() {
      batches.close();
    }
  }
}
