package dev.lathe.data;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Dim;
import dev.lathe.graph.ValueInfo;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Samples of seeded standard normal values in the shape of a model's input, without labels. */
public final class NormalData implements Dataset {

  private final int height;
  private final int width;
  private final int channels;
  private final long count;
  private final long seed;

  private NormalData(int height, int width, int channels, long count, long seed) {
    this.height = height;
    this.width = width;
    this.channels = channels;
    this.count = count;
    this.seed = seed;
  }

  /**
   * Samples for a model.
   *
   * @throws UsageException when an extent of the input besides the batch is open
   */
  public static NormalData of(ValueInfo input, long count, long seed) {
    List<Dim> dims = Objects.requireNonNullElse(input.dims(), List.of());
    int[] extents = new int[Math.max(0, dims.size() - 1)];
    for (int i = 0; i < extents.length; i++) {
      if (!(dims.get(i + 1) instanceof Dim.Fixed extent)) {
        throw new UsageException(
            new Problem(
                "the model does not say how large its inputs are",
                "input " + input,
                "random samples have its declared shape",
                "give data, or a model with fixed extents"));
      }
      extents[i] = Math.toIntExact(extent.size());
    }
    if (extents.length != 3) {
      int values = 1;
      for (int extent : extents) {
        values = Math.multiplyExact(values, extent);
      }
      return new NormalData(1, values, 1, count, seed);
    }
    boolean planes = InputSpec.planes(dims, Preprocess.NONE);
    return planes
        ? new NormalData(extents[1], extents[2], extents[0], count, seed)
        : new NormalData(extents[0], extents[1], extents[2], count, seed);
  }

  @Override
  public String name() {
    return "seeded random numbers";
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(count);
  }

  @Override
  public boolean labelled() {
    return false;
  }

  @Override
  public SampleReader open() {
    SplittableRandom random = new SplittableRandom(seed);
    return new SampleReader() {
      private long position;

      @Override
      public @Nullable Sample next() {
        if (position == count) {
          return null;
        }
        float[] values = new float[height * width * channels];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian();
        }
        String where = "random sample " + position++;
        return new Sample(new Pixels(values, height, width, channels), Sample.NO_LABEL, where);
      }

      @Override
      public void close() {}
    };
  }
}
