package dev.lathe.compress;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.measure.Bootstrap;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * What a network answers for some samples, to compare changed forms of it with. The samples are
 * read again for each comparison; the answers are kept, within the context's memory.
 *
 * <p>Every float32 output of at least two values per sample counts: one alone is no distribution.
 * An output's distributions run along the last axis, for outputs of four axes and more along the
 * second ([n, classes, height, width]); where that axis has one element, along all of a sample's
 * values. They are taken as they are when they are probabilities, else after a softmax. A sample's
 * numbers are means over its distributions and outputs.
 */
public final class OutputReference {

  private final CompressionContext context;
  private final Samples samples;
  private final List<List<float[]>> batches = new ArrayList<>();
  private long count;

  private OutputReference(CompressionContext context, Samples samples) {
    this.context = context;
    this.samples = samples;
  }

  /** What one batch of a network is: its outputs by sample. */
  private interface Consumer {
    void accept(int batch, int count, List<Layout> layouts, List<float[]> outputs);
  }

  /**
   * Runs the original.
   *
   * @throws UsageException when the context has no samples, or the answers take too much memory
   * @throws UnsupportedException when the network has no output that counts
   * @throws InvalidDataException when there are no samples, or an answer is NaN or infinite
   */
  public static OutputReference of(Network original, CompressionContext context) {
    OutputReference reference =
        new OutputReference(context, context.requireSamples("measuring agreement"));
    long[] bytes = {0};
    reference.count =
        reference.run(
            original,
            "original",
            (batch, count, layouts, outputs) -> {
              for (float[] output : outputs) {
                reference.requireFinite(output);
                bytes[0] += 4L * output.length;
              }
              reference.requireMemory(bytes[0]);
              reference.batches.add(outputs);
            });
    if (reference.count == 0) {
      throw new InvalidDataException(
          new Problem("the data has no samples", reference.samples.name(), "", "give others"));
    }
    return reference;
  }

  private void requireFinite(float[] output) {
    for (float value : output) {
      if (!Float.isFinite(value)) {
        throw new InvalidDataException(
            new Problem(
                "the original answers " + value,
                samples.name(),
                "nothing can be compared with it",
                "check the model and the preprocessing of the data"));
      }
    }
  }

  private void requireMemory(long bytes) {
    if (bytes > context.maxBytes()) {
      throw new UsageException(
          new Problem(
              "the original's answers need more than " + context.maxBytes() + " bytes",
              samples.name(),
              "they are kept to compare with",
              "raise --max-memory or lower --samples"));
    }
  }

  public long count() {
    return count;
  }

  /**
   * Runs a changed form of the original.
   *
   * @param task for the progress
   */
  public Agreement compare(Network changed, String task) {
    DoubleStream.Builder topOne = DoubleStream.builder();
    DoubleStream.Builder divergence = DoubleStream.builder();
    DoubleStream.Builder cosine = DoubleStream.builder();
    run(
        changed,
        task,
        (batch, count, layouts, outputs) -> {
          List<float[]> expected = batches.get(batch);
          for (int sample = 0; sample < count; sample++) {
            double same = 0;
            double apart = 0;
            double along = 0;
            for (int i = 0; i < layouts.size(); i++) {
              Distributions pair =
                  new Distributions(layouts.get(i), expected.get(i), outputs.get(i), sample);
              same += pair.sameClass();
              apart += pair.divergence();
              along += pair.cosine();
            }
            topOne.add(100 * same / layouts.size());
            divergence.add(apart / layouts.size());
            cosine.add(along / layouts.size());
          }
        });
    return new Agreement(
        (int) count,
        Bootstrap.mean(topOne.build().toArray()),
        Bootstrap.mean(divergence.build().toArray()),
        Bootstrap.mean(cosine.build().toArray()));
  }

  private long run(Network network, String task, Consumer consumer) {
    long start = System.nanoTime();
    long done = 0;
    int index = 0;
    try (NetworkRunner runner = new NetworkRunner(network, context.runOptions());
        SamplePass pass = samples.open(runner.inputs())) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        List<Layout> layouts = new ArrayList<>();
        List<float[]> outputs = new ArrayList<>();
        for (Tensor output : runner.run(batch.inputs())) {
          if (isComparable(output, batch.rows())) {
            layouts.add(Layout.of(output, batch.rows()));
            outputs.add(output.toFloats());
          }
        }
        requireOutputs(runner, layouts);
        consumer.accept(index++, batch.count(), layouts, outputs);
        done += batch.count();
        context
            .progress()
            .update(
                new Progress.State(
                    task, done, samples.count(), Duration.ofNanos(System.nanoTime() - start)));
      }
    }
    return done;
  }

  private static boolean isComparable(Tensor output, long rows) {
    return output.dtype() == DType.FLOAT32
        && output.elements() > rows
        && ((output.shape().rank() > 0 && output.shape().dim(0) == rows) || rows == 1);
  }

  private static void requireOutputs(NetworkRunner runner, List<Layout> layouts) {
    if (layouts.isEmpty()) {
      throw new UnsupportedException(
          new Problem(
              "the model has no output to compare",
              "outputs " + runner.outputs(),
              "float32 with the batch as its first axis and two values per sample are needed",
              "end the model before it turns scores into classes"));
    }
  }

  /**
   * Where the distributions of an output lie.
   *
   * @param sample values per sample
   * @param classes of a distribution
   * @param stride between two classes; that many distributions interleave
   */
  record Layout(int sample, int classes, int stride) {

    /** Of an output for {@code rows} samples, which need no axis of their own when there is one. */
    static Layout of(Tensor output, long rows) {
      int rank = output.shape().rank();
      int sample = Math.toIntExact(output.elements() / rows);
      int classes = rank < 2 ? 1 : output.shape().intDim(rank < 4 ? rank - 1 : 1);
      if (classes == 1) {
        return new Layout(sample, sample, 1);
      }
      int stride = rank < 4 ? 1 : Math.toIntExact(output.shape().product(2, rank));
      return new Layout(sample, classes, stride);
    }
  }
}
