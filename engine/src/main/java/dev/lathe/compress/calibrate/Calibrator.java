package dev.lathe.compress.calibrate;

import dev.lathe.compress.Progress;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.ValueInfo;
import dev.lathe.quant.Range;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Runs data through a network and observes its activations.
 *
 * <p>Memory: one observer per tensor ({@link CalibrationMethod#bytesPerTensor}), one batch, and its
 * observed activations. It does not grow with the number of samples.
 */
public final class Calibrator {

  private static final int CHUNK = 1 << 12;

  private final CalibrationMethod method;
  private final Map<String, Observer> observers = new LinkedHashMap<>();
  private final float[] chunk = new float[CHUNK];

  /**
   * A calibrator of some tensors.
   *
   * @param maxBytes most memory the observers may take
   * @throws UsageException when they would take more
   */
  public Calibrator(CalibrationMethod method, Set<String> tensors, long maxBytes) {
    this.method = method;
    long bytes = Math.multiplyExact(method.bytesPerTensor(), (long) tensors.size());
    if (bytes > maxBytes) {
      throw new UsageException(
          new Problem(
              "calibration needs " + bytes + " bytes, allowed are " + maxBytes,
              "--calibrate " + method.name() + " --max-memory",
              tensors.size() + " tensors are observed",
              "raise --max-memory or use --calibrate minmax"));
    }
    tensors.stream().sorted().forEach(name -> observers.put(name, method.observer().get()));
  }

  /**
   * Observes one pass over some samples.
   *
   * @param inputs of the network behind {@code source}
   * @return the range of every tensor
   * @throws InvalidDataException when an activation is NaN or infinite
   */
  public Map<String, Range> run(
      ActivationSource source, List<ValueInfo> inputs, Samples samples, Progress progress) {
    OptionalLong total = samples.count();
    long start = System.nanoTime();
    long done = 0;
    try (SamplePass pass = samples.open(inputs)) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        int count = batch.count();
        long rows = batch.rows();
        source.run(batch.inputs(), (name, tensor) -> observe(name, tensor, count, rows));
        done += count;
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        progress.update(new Progress.State("calibrate " + method.name(), done, total, elapsed));
      }
    }
    return ranges();
  }

  /** Ranges of everything observed so far. */
  public Map<String, Range> ranges() {
    Map<String, Range> ranges = new LinkedHashMap<>();
    observers.forEach((name, observer) -> ranges.put(name, observer.range()));
    return ranges;
  }

  /** Takes in the rows of real samples; a tensor without a batch axis counts whole. */
  private void observe(String name, Tensor tensor, int count, long rows) {
    Observer observer = observers.get(name);
    if (observer == null) {
      return;
    }
    boolean batched = tensor.shape().rank() > 0 && tensor.shape().dim(0) == rows;
    long elements = batched ? tensor.elements() / rows * count : tensor.elements();
    for (long at = 0; at < elements; at += CHUNK) {
      int length = (int) Math.min(CHUNK, elements - at);
      MemorySegment.copy(tensor.data(), Tensor.F32, at * 4, chunk, 0, length);
      requireFinite(name, length, at);
      observer.observe(chunk, length);
    }
  }

  private void requireFinite(String name, int length, long at) {
    for (int i = 0; i < length; i++) {
      if (!Float.isFinite(chunk[i])) {
        throw new InvalidDataException(
            new Problem(
                "activation '" + name + "' is " + chunk[i],
                "element " + (at + i),
                "a range can't be chosen for it",
                "check the preprocessing, or exclude the node that produces it"));
      }
    }
  }
}
