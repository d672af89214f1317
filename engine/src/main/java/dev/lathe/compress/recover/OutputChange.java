package dev.lathe.compress.recover;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.graph.Network;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * How far the outputs of a changed network are from those of the original.
 *
 * <p>Of an output [samples, classes] it is the mean Kullback-Leibler divergence, in nats, of the
 * softmax over the classes, or of the values themselves where each row sums to one and none is
 * negative. Of other float outputs it is the squared difference relative to the original's squares.
 * Outputs add up; those of other types do not count.
 */
public final class OutputChange implements AutoCloseable {

  private static final double SUM_TOLERANCE = 1e-3;

  private final NetworkRunner original;
  private final CompressionContext context;
  private final Samples samples;
  private final long most;
  private final List<List<Tensor>> kept = new ArrayList<>();
  private long keptBytes;

  /**
   * Measures against a network.
   *
   * @param method that measures, for the message when there are no samples
   * @param most samples to run
   */
  public OutputChange(Network original, CompressionContext context, String method, long most) {
    this.samples = context.requireSamples(method);
    this.original = new NetworkRunner(original, context.runOptions());
    this.context = context;
    this.most = most;
  }

  /** The change of the outputs, 0 or more. */
  public double of(Network changed) {
    double divergence = 0;
    double error = 0;
    double square = 0;
    long done = 0;
    int number = 0;
    try (NetworkRunner runner = new NetworkRunner(changed, context.runOptions());
        SamplePass pass = samples.open(original.inputs())) {
      for (SampleBatch batch = pass.next(); batch != null && done < most; batch = pass.next()) {
        List<Tensor> expected = expected(number++, batch);
        List<Tensor> actual = runner.run(batch.inputs());
        for (int i = 0; i < expected.size(); i++) {
          if (expected.get(i).dtype() != DType.FLOAT32) {
            continue;
          }
          float[] before = expected.get(i).toFloats();
          float[] now = actual.get(i).toFloats();
          boolean classes =
              expected.get(i).shape().rank() == 2
                  && expected.get(i).shape().dim(0) == batch.rows()
                  && expected.get(i).shape().dim(1) > 1;
          if (classes) {
            int width = expected.get(i).shape().intDim(1);
            for (int row = 0; row < batch.count(); row++) {
              divergence += divergence(before, now, row * width, width);
            }
          } else {
            for (int j = 0; j < before.length; j++) {
              error += ((double) before[j] - now[j]) * ((double) before[j] - now[j]);
              square += (double) before[j] * before[j];
            }
          }
        }
        done += batch.count();
      }
    }
    return divergence / Math.max(1, done) + (square == 0 ? error : error / square);
  }

  /** What the original makes of a batch, kept as far as the memory allows. */
  private List<Tensor> expected(int number, SampleBatch batch) {
    if (number < kept.size()) {
      return kept.get(number);
    }
    List<Tensor> outputs = original.run(batch.inputs());
    long bytes = outputs.stream().mapToLong(output -> output.data().byteSize()).sum();
    if (number == kept.size() && keptBytes + bytes <= context.maxBytes()) {
      keptBytes += bytes;
      kept.add(outputs.stream().map(OutputChange::copy).toList());
    }
    return outputs;
  }

  private static Tensor copy(Tensor tensor) {
    Tensor copy = Tensor.zeros(tensor.dtype(), tensor.shape());
    copy.data().copyFrom(tensor.data());
    return copy;
  }

  private static double divergence(float[] before, float[] now, int from, int width) {
    double[] p = logProbabilities(before, from, width);
    double[] q = logProbabilities(now, from, width);
    double sum = 0;
    for (int i = 0; i < width; i++) {
      sum += p[i] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(p[i]) * (p[i] - q[i]);
    }
    return Math.max(0, sum);
  }

  private static double[] logProbabilities(float[] values, int from, int width) {
    double[] logs = new double[width];
    double total = 0;
    double largest = Double.NEGATIVE_INFINITY;
    boolean negative = false;
    for (int i = 0; i < width; i++) {
      total += values[from + i];
      largest = Math.max(largest, values[from + i]);
      negative |= values[from + i] < 0;
    }
    boolean probabilities = !negative && Math.abs(total - 1) < SUM_TOLERANCE;
    double sum = 0;
    for (int i = 0; i < width; i++) {
      logs[i] =
          probabilities ? Math.log(Math.max(1e-12, values[from + i])) : values[from + i] - largest;
      sum += Math.exp(logs[i]);
    }
    double shift = Math.log(sum);
    for (int i = 0; i < width; i++) {
      logs[i] -= shift;
    }
    return logs;
  }

  @Override
  public void close() {
    original.close();
  }
}
