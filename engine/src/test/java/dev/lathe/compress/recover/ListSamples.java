package dev.lathe.compress.recover;

import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Samples in memory, of a network of one input whose batch is open. */
public record ListSamples(List<Tensor> inputs) implements Samples {

  /** Seeded numbers, of which a third are zero as after a Relu. */
  public static ListSamples random(Network network, int batches, int batch, long seed) {
    Shape shape;
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      shape = runner.declaredFacts(batch).getFirst().shape();
    }
    Random random = new Random(seed);
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      float[] values = new float[(int) shape.elements()];
      for (int j = 0; j < values.length; j++) {
        values[j] = Math.max(0, random.nextFloat() * 3 - 1);
      }
      inputs.add(Tensor.of(values, shape.dims()));
    }
    return new ListSamples(inputs);
  }

  @Override
  public String name() {
    return "random numbers";
  }

  @Override
  public OptionalLong count() {
    return OptionalLong.of(inputs.stream().mapToLong(input -> input.shape().dim(0)).sum());
  }

  /** Whole batches. */
  @Override
  public Samples skip(long samples) {
    int left = Math.toIntExact(samples / inputs.getFirst().shape().dim(0));
    return new ListSamples(inputs.subList(left, inputs.size()));
  }

  @Override
  public SamplePass open(List<ValueInfo> declared) {
    Iterator<Tensor> rest = inputs.iterator();
    return new SamplePass() {
      @Override
      public @Nullable SampleBatch next() {
        if (!rest.hasNext()) {
          return null;
        }
        Tensor input = rest.next();
        return new SampleBatch(List.of(input), input.shape().intDim(0));
      }

      @Override
      public void close() {}
    };
  }
}
