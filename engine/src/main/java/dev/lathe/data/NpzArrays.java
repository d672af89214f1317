package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a NumPy archive that holds an array per input of a model, under the input's name;
 * the first axis of each counts the samples. Holds one batch at a time.
 */
public final class NpzArrays implements AutoCloseable {

  private static final String SUFFIX = ".npy";

  /** An array that is no input: the labels. */
  private static final String LABELS = "y";

  private record Column(NpyStream stream, ValueInfo input, Shape sample) {}

  private final ZipFile archive;
  private final List<Column> columns = new ArrayList<>();
  private long left;

  private NpzArrays(ZipFile archive) {
    this.archive = archive;
  }

  /** Names of the arrays in an archive. */
  public static Set<String> names(Path path) {
    try (ZipFile archive = new ZipFile(path.toFile())) {
      return names(archive);
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
  }

  private static Set<String> names(ZipFile archive) {
    return archive.stream()
        .map(ZipEntry::getName)
        .filter(name -> name.endsWith(SUFFIX))
        .map(name -> name.substring(0, name.length() - SUFFIX.length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Starts a pass.
   *
   * @throws InvalidDataException naming every array that is missing, that no input is named after
   *     (but for labels 'y'), or whose type or shape is not its input's
   */
  public static NpzArrays open(Path path, List<ValueInfo> inputs) {
    try {
      NpzArrays arrays = new NpzArrays(new ZipFile(path.toFile()));
      try {
        arrays.bind(path, inputs);
        return arrays;
      } catch (IOException | RuntimeException e) {
        arrays.close();
        throw e;
      }
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
  }

  private void bind(Path path, List<ValueInfo> inputs) throws IOException {
    requireNames(path, inputs);
    List<Problem> problems = new ArrayList<>();
    for (ValueInfo input : inputs) {
      NpyStream stream = NpyStream.open(archive, input.name());
      if (stream != null) {
        long[] dims = stream.dims().stream().mapToLong(Long::longValue).toArray();
        dims[0] = 1;
        columns.add(new Column(stream, input, Shape.of(dims)));
        String obstacle = obstacle(stream, input);
        if (!obstacle.isEmpty()) {
          problems.add(new Problem(obstacle, stream.where(), "the input is " + input, ""));
        }
      }
    }
    if (problems.isEmpty()) {
      left = columns.getFirst().stream.count();
      for (Column column : columns) {
        if (column.stream.count() != left) {
          problems.add(
              new Problem(
                  "the array has " + column.stream.count() + " samples, others have " + left,
                  column.stream.where(),
                  "the first axis of every array counts the samples",
                  ""));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidDataException(problems);
    }
  }

  private void requireNames(Path path, List<ValueInfo> inputs) {
    Set<String> given = names(archive);
    Set<String> wanted =
        inputs.stream().map(ValueInfo::name).collect(Collectors.toCollection(TreeSet::new));
    Set<String> missing = new TreeSet<>(wanted);
    missing.removeAll(given);
    Set<String> extra = new TreeSet<>(given);
    extra.removeAll(wanted);
    extra.remove(LABELS);
    if (missing.isEmpty() && extra.isEmpty()) {
      return;
    }
    List<String> parts = new ArrayList<>();
    if (!missing.isEmpty()) {
      parts.add("no array for " + missing);
    }
    if (!extra.isEmpty()) {
      parts.add("no input for " + extra);
    }
    throw new InvalidDataException(
        new Problem(
            "the arrays are not the model's inputs: " + String.join(", ", parts),
            path.toString(),
            "the model's inputs are " + inputs,
            "save it with numpy.savez(file, input_name=array, ...)"));
  }

  /** Why an array can't feed an input, or an empty text. */
  private static String obstacle(NpyStream stream, ValueInfo input) {
    DType wanted = input.dtype();
    if (wanted != null && !ArrayTypes.converts(stream.dtype(), wanted)) {
      return "the array is of " + stream.dtype();
    }
    List<Dim> dims = input.dims();
    if (dims == null) {
      return "";
    }
    boolean fits = dims.size() == stream.dims().size();
    for (int axis = 1; fits && axis < dims.size(); axis++) {
      fits =
          !(dims.get(axis) instanceof Dim.Fixed extent) || extent.size() == stream.dims().get(axis);
    }
    return fits ? "" : "the array has the shape " + stream.dims();
  }

  /** Samples left to read. */
  public long left() {
    return left;
  }

  /** Passes over some samples, or all that are left. */
  public void skip(long samples) {
    for (long i = Math.min(samples, left); i > 0; i--, left--) {
      columns.forEach(column -> column.stream.next());
    }
  }

  /**
   * The next samples, an array per input in the inputs' order.
   *
   * @param count of samples, at most {@link #left}
   * @param rows of the arrays, at least {@code count}; those behind the samples are zero
   */
  public List<Tensor> next(int count, int rows) {
    List<Tensor> batch = new ArrayList<>();
    for (Column column : columns) {
      batch.add(next(column, count, rows));
    }
    left -= count;
    return batch;
  }

  private static Tensor next(Column column, int count, int rows) {
    long[] dims = column.sample.dims();
    dims[0] = rows;
    Tensor tensor = Tensor.zeros(column.stream.dtype(), Shape.of(dims));
    for (int i = 0; i < count; i++) {
      Tensor sample = column.stream.next();
      if (sample == null) {
        throw DataErrors.damaged("the array ends early", column.stream.where(), "");
      }
      long bytes = sample.data().byteSize();
      MemorySegment.copy(sample.data(), 0, tensor.data(), i * bytes, bytes);
    }
    DType wanted = column.input.dtype();
    @Nullable Tensor converted = wanted == null ? null : ArrayTypes.convert(tensor, wanted);
    return converted == null ? tensor : converted;
  }

  @Override
  public void close() {
    columns.forEach(column -> column.stream.close());
    try {
      archive.close();
    } catch (IOException e) {
      throw DataErrors.unreadable(archive.getName(), e);
    }
  }
}
