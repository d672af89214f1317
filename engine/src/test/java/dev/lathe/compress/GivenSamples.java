package dev.lathe.compress;

import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Batches of one input each, as they are; every row is a sample. */
public record GivenSamples(List<Tensor> batches) implements Samples {

  @Override
  public String name() {
    return "given";
  }

  @Override
  public OptionalLong count() {
    return OptionalLong.of(batches.stream().mapToLong(batch -> batch.shape().dim(0)).sum());
  }

  /** Whole batches only. */
  @Override
  public Samples skip(long samples) {
    return samples == 0 ? this : new GivenSamples(batches.subList(1, batches.size()));
  }

  @Override
  public SamplePass open(List<ValueInfo> inputs) {
    Iterator<Tensor> left = batches.iterator();
    return new SamplePass() {
      @Override
      public @Nullable SampleBatch next() {
        if (!left.hasNext()) {
          return null;
        }
        Tensor batch = left.next();
        return new SampleBatch(List.of(batch), batch.shape().intDim(0));
      }

      @Override
      public void close() {}
    };
  }
}
