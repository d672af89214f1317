package dev.lathe.compress;

import dev.lathe.data.NpzArrays;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a model of any inputs, such as token ids: a NumPy archive with an array per input,
 * under the input's name, whose first axis counts the samples. The arrays are fed as they are.
 *
 * @param first sample to use
 * @param most samples to use
 * @param batch samples per run, unless the network fixes it
 */
public record NpzSamples(Path path, long first, long most, int batch) implements Samples {

  /** The first samples of an archive. */
  public static NpzSamples of(Path path, long most, int batch) {
    return new NpzSamples(path, 0, most, batch);
  }

  static boolean accepts(Path path) {
    return Files.isRegularFile(path) && path.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
  }

  @Override
  public String name() {
    return path.toString();
  }

  /** Unknown: it depends on the arrays the network reads. */
  @Override
  public OptionalLong count() {
    return OptionalLong.empty();
  }

  @Override
  public NpzSamples skip(long samples) {
    return new NpzSamples(path, first + samples, Math.max(0, most - samples), batch);
  }

  @Override
  public SamplePass open(List<ValueInfo> inputs) {
    int fixed = fixedBatch(inputs);
    NpzArrays arrays = NpzArrays.open(path, inputs);
    arrays.skip(first);
    return new Pass(arrays, most, fixed > 0 ? fixed : batch, fixed > 0);
  }

  /** The batch size all inputs agree on, or 0 when they take any. */
  private int fixedBatch(List<ValueInfo> inputs) {
    Set<Long> sizes = new TreeSet<>();
    for (ValueInfo input : inputs) {
      List<Dim> dims = input.dims();
      if (dims != null && !dims.isEmpty() && dims.getFirst() instanceof Dim.Fixed extent) {
        sizes.add(extent.size());
      }
    }
    if (sizes.size() > 1 || sizes.contains(0L)) {
      throw new InvalidDataException(
          new Problem(
              "the model's inputs have no batch axis in common",
              "inputs " + inputs,
              "their first dimensions are " + sizes,
              "leave the first dimension of all inputs open, or make it the same"));
    }
    return sizes.isEmpty() ? 0 : Math.toIntExact(sizes.iterator().next());
  }

  private static final class Pass implements SamplePass {

    private final NpzArrays arrays;
    private final int batch;
    private final boolean padded;
    private long left;

    Pass(NpzArrays arrays, long most, int batch, boolean padded) {
      this.arrays = arrays;
      this.batch = batch;
      this.padded = padded;
      this.left = Math.min(most, arrays.left());
    }

    @Override
    public @Nullable SampleBatch next() {
      if (left <= 0) {
        return null;
      }
      int count = (int) Math.min(batch, left);
      left -= count;
      return new SampleBatch(arrays.next(count, padded ? batch : count), count);
    }

    @Override
    public void close() {
      arrays.close();
    }
  }
}
