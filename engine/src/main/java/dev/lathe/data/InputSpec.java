package dev.lathe.data;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model wants of one sample.
 *
 * @param batch the declared batch size, or 0 when the model takes any
 * @param image whether height and width mean something; a vector is 1 x width x 1
 * @param planes whether channels come first (NCHW)
 * @param rank rank of the model's input, the batch included
 */
public record InputSpec(
    int batch, boolean image, int channels, int height, int width, boolean planes, int rank) {

  /**
   * Reads a model's declared input; extents it leaves open come from the preprocessing, then from
   * the data.
   *
   * @param first the first sample of the data
   * @throws UnsupportedException when the input is not a float32 tensor of samples
   */
  public static InputSpec of(ValueInfo input, Preprocess preprocess, Pixels first) {
    List<Dim> dims = input.dims();
    if (dims == null || dims.size() < 2 || (input.dtype() != null && !isFloat(input))) {
      throw new UnsupportedException(
          new Problem(
              "the model's input can't be fed with samples",
              "input " + input,
              "a float32 tensor with a batch axis is needed",
              "use 'run' with explicit tensors"));
    }
    int batch = fixed(dims.getFirst(), 0);
    if (dims.size() != 4) {
      int values = first.values().length;
      return new InputSpec(batch, false, 1, 1, vectorWidth(dims, values), true, dims.size());
    }
    boolean planes = planes(dims, preprocess);
    int height = fixed(dims.get(planes ? 2 : 1), preprocess.heightOr(first.height()));
    int width = fixed(dims.get(planes ? 3 : 2), preprocess.widthOr(first.width()));
    int channels = fixed(dims.get(planes ? 1 : 3), first.channels());
    return new InputSpec(batch, true, channels, height, width, planes, 4);
  }

  private static boolean isFloat(ValueInfo input) {
    return input.dtype() == DType.FLOAT32;
  }

  private static int vectorWidth(List<Dim> dims, int values) {
    long product = 1;
    for (Dim dim : dims.subList(1, dims.size())) {
      if (!(dim instanceof Dim.Fixed extent)) {
        return values;
      }
      product *= extent.size();
    }
    return Math.toIntExact(Math.min(product, Integer.MAX_VALUE));
  }

  static boolean planes(List<Dim> dims, Preprocess preprocess) {
    Preprocess.Layout layout = preprocess.layout();
    if (layout != null) {
      return layout == Preprocess.Layout.NCHW;
    }
    return isChannels(dims.get(1)) || !isChannels(dims.get(3));
  }

  private static boolean isChannels(Dim dim) {
    return dim instanceof Dim.Fixed extent && (extent.size() == 1 || extent.size() == 3);
  }

  private static int fixed(@Nullable Dim dim, int otherwise) {
    return dim instanceof Dim.Fixed extent ? Math.toIntExact(extent.size()) : otherwise;
  }

  /** Values per sample. */
  public int values() {
    return channels * height * width;
  }

  /** Dimensions of a tensor of {@code count} samples. */
  public long[] dims(int count) {
    if (rank != 4) {
      long[] dims = new long[rank];
      java.util.Arrays.fill(dims, 1);
      dims[0] = count;
      dims[rank - 1] = width;
      return dims;
    }
    return planes
        ? new long[] {count, channels, height, width}
        : new long[] {count, height, width, channels};
  }
}
