package dev.lathe.compress.calibrate;

import dev.lathe.compress.Progress;
import dev.lathe.compress.SampleBatch;
import dev.lathe.compress.SamplePass;
import dev.lathe.compress.Samples;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.graph.ValueInfo;
import dev.lathe.quant.Range;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs data through a network and observes its activations.
 *
 * <p>Memory: one observer per tensor ({@link CalibrationMethod#bytesPerTensor}), one batch, and its
 * observed activations. It does not grow with the number of samples.
 */
public final class Calibrator {

  private static final int CHUNK = 1 << 12;

  /** Time between two writes of the state file. */
  private static final long SAVE_NANOS = 10_000_000_000L;

  /** A state file and the digest of the network it belongs to. */
  private record Saved(Path file, String network) {}

  private final float[] chunk = new float[CHUNK];
  private final CalibrationState state;
  private @Nullable Saved saved;

  /**
   * A calibrator of some tensors.
   *
   * @param maxBytes most memory the observers may take
   * @throws UsageException when they would take more
   */
  public Calibrator(CalibrationMethod method, Set<String> tensors, long maxBytes) {
    long bytes = Math.multiplyExact(method.bytesPerTensor(), (long) tensors.size());
    if (bytes > maxBytes) {
      throw new UsageException(
          new Problem(
              "calibration needs " + bytes + " bytes, allowed are " + maxBytes,
              "--calibrate " + method.name() + " --max-memory",
              tensors.size() + " tensors are observed",
              "raise --max-memory or use --calibrate minmax"));
    }
    state = new CalibrationState(method, tensors);
  }

  /**
   * Keeps what is observed in a file, written whole now and then and at the end of {@link #run}. If
   * the file exists, calibration goes on from it: samples it has seen are not observed again.
   *
   * @param network that is observed
   * @throws UsageException when the file is of another network, method or choice of tensors
   * @throws InvalidDataException when it is no state file
   */
  public void keepIn(Path file, Network network) {
    Saved keep = new Saved(file, NetworkDigest.of(network));
    if (Files.exists(file)) {
      state.merge(StateFile.read(file, keep.network));
    }
    saved = keep;
  }

  /**
   * Takes in what another calibration of this network kept, as if its samples came next; nothing if
   * all of them were seen already.
   *
   * @throws UsageException also when only some of its samples were seen
   */
  public void merge(Path file, Network network) {
    state.merge(StateFile.read(file, NetworkDigest.of(network)));
    save();
  }

  /**
   * Observes one pass over some samples, but for those seen before.
   *
   * @param inputs of the network behind {@code source}
   * @return the range of every tensor
   * @throws InvalidDataException when an activation is NaN or infinite
   */
  public Map<String, Range> run(
      ActivationSource source, List<ValueInfo> inputs, Samples samples, Progress progress) {
    SeenSamples seen = SeenSamples.find(state.parts(), samples, inputs);
    if (!seen.isAll()) {
      observe(source, inputs, samples, seen, progress);
      save();
    }
    return ranges();
  }

  private void observe(
      ActivationSource source,
      List<ValueInfo> inputs,
      Samples samples,
      SeenSamples seen,
      Progress progress) {
    CalibrationState.@Nullable Part part = seen.part();
    long first = part == null ? 0 : part.samples();
    OptionalLong total = samples.count();
    long start = System.nanoTime();
    long lastSave = start;
    long done = first;
    try (SamplePass pass = samples.skip(first).open(inputs)) {
      for (SampleBatch batch = pass.next(); batch != null; batch = pass.next()) {
        int count = batch.count();
        long rows = batch.rows();
        source.run(batch.inputs(), (name, tensor) -> observe(name, tensor, count, rows));
        state.endBatch();
        for (int row = 0; row < count; row++) {
          seen.digest().add(batch, row);
        }
        long before = state.samples();
        done += count;
        CalibrationState.Part grown =
            new CalibrationState.Part(samples.name(), done, seen.digest().text());
        state.put(part, grown);
        part = grown;
        snapshot(before, state.samples(), total.orElse(0));
        long now = System.nanoTime();
        if (now - lastSave > SAVE_NANOS) {
          save();
          lastSave = now;
        }
        progress.update(
            new Progress.State(
                "calibrate " + state.method().name(),
                done - first,
                total.isPresent() ? OptionalLong.of(total.getAsLong() - first) : total,
                Duration.ofNanos(now - start)));
      }
    }
  }

  /**
   * Looks at the ranges whenever the samples have doubled, though not before a quarter of those
   * that are expected.
   */
  private void snapshot(long before, long samples, long expected) {
    boolean doubled = Long.highestOneBit(samples) > Long.highestOneBit(before);
    if (doubled && samples >= expected / 4) {
      state.snapshot(samples);
    }
  }

  private void save() {
    if (saved != null) {
      StateFile.write(saved.file, saved.network, state);
    }
  }

  /** Ranges of everything observed so far. */
  public Map<String, Range> ranges() {
    return state.ranges();
  }

  /** Number of samples observed so far. */
  public long samples() {
    return state.samples();
  }

  /** Whether they were enough. */
  public SampleVerdict verdict() {
    return state.verdict();
  }

  /**
   * The method and the samples, as the provenance in a file says it: {@code minmax; 512 samples,
   * sha256 12ab...}, by part where there were several.
   */
  public String describe() {
    return state.parts().stream()
        .map(part -> part.samples() + " samples, sha256 " + part.digest())
        .collect(Collectors.joining("; ", state.method().name() + "; ", ""));
  }

  /** Takes in the rows of real samples; a tensor without a batch axis counts whole. */
  private void observe(String name, Tensor tensor, int count, long rows) {
    Observer observer = state.observer(name);
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
