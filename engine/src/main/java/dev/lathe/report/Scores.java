package dev.lathe.report;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A model's output as numbers per sample: the first axis counts samples, the rest are classes. */
public final class Scores {

  /** Key of the model metadata with the class names, separated by commas, in class order. */
  public static final String LABELS_KEY = "lathe.labels";

  private final Tensor tensor;
  private final int samples;
  private final int classes;
  private final List<String> labels;

  /** One class of one sample. */
  public record Entry(int index, double score, String label) {}

  private Scores(Tensor tensor, List<String> labels) {
    this.tensor = tensor;
    boolean batched = tensor.shape().rank() > 1;
    this.samples = batched ? tensor.shape().intDim(0) : 1;
    this.classes = samples == 0 ? 0 : Math.toIntExact(tensor.elements() / samples);
    this.labels = labels.size() == classes ? labels : List.of();
  }

  /**
   * Looks at a tensor of real numbers or integers.
   *
   * @param labels a name per class; ignored unless there are as many as classes
   * @throws UnsupportedException for other types
   */
  public static Scores of(Tensor tensor, List<String> labels) {
    if (!isReadable(tensor.dtype())) {
      throw new UnsupportedException(
          new Problem(
              "outputs of type " + tensor.dtype() + " are not read",
              "output " + tensor,
              "",
              "end the model with a Cast to float"));
    }
    return new Scores(tensor, labels);
  }

  /** The class names in a model's metadata, or none. */
  public static List<String> labels(Map<String, String> metadata) {
    String names = metadata.get(LABELS_KEY);
    return names == null
        ? List.of()
        : Arrays.stream(names.split(",", -1)).map(String::strip).toList();
  }

  public int samples() {
    return samples;
  }

  /** The {@code count} highest scores of a sample, highest first; of equal ones the lower class. */
  public List<Entry> top(int sample, int count) {
    long first = (long) sample * classes;
    return IntStream.range(0, classes)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer index) -> value(first + index)).reversed())
        .limit(count)
        .map(index -> new Entry(index, value(first + index), label(index)))
        .toList();
  }

  /** The class of a sample's highest score, the first of equal ones; 0 without classes. */
  int argmax(int sample) {
    long first = (long) sample * classes;
    int best = 0;
    for (int index = 1; index < classes; index++) {
      if (value(first + index) > value(first + best)) {
        best = index;
      }
    }
    return best;
  }

  public double min() {
    return IntStream.range(0, samples * classes).mapToDouble(this::value).min().orElse(Double.NaN);
  }

  public double max() {
    return IntStream.range(0, samples * classes).mapToDouble(this::value).max().orElse(Double.NaN);
  }

  public double mean() {
    return IntStream.range(0, samples * classes)
        .mapToDouble(this::value)
        .average()
        .orElse(Double.NaN);
  }

  /** Type, shape and range; the {@code top} highest scores of every sample when it is not 0. */
  public Map<String, Object> json(int top) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("dtype", tensor.dtype().toString());
    json.put("shape", tensor.shape().dims());
    json.put("min", min());
    json.put("mean", mean());
    json.put("max", max());
    if (top > 0) {
      List<List<Map<String, Object>>> all = new ArrayList<>();
      for (int sample = 0; sample < samples; sample++) {
        all.add(top(sample, top).stream().map(Scores::json).toList());
      }
      json.put("top", all);
    }
    return json;
  }

  private static Map<String, Object> json(Entry entry) {
    return Map.of("class", entry.index(), "score", entry.score(), "label", entry.label());
  }

  private String label(int index) {
    return labels.isEmpty() ? "" : labels.get(index);
  }

  /** Whether values of a type can be looked at: real numbers of 16 bits or more, integers, bool. */
  public static boolean isReadable(DType dtype) {
    return switch (dtype) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, BOOL -> true;
      default -> dtype.isInteger();
    };
  }

  double value(long index) {
    return value(tensor, index);
  }

  /** Element {@code index} of a tensor of a readable type. */
  static double value(Tensor tensor, long index) {
    return switch (tensor.dtype()) {
      case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> tensor.real(index);
      default -> tensor.integer(index);
    };
  }
}
