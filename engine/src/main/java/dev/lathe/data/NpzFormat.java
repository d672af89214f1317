package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A NumPy archive with samples {@code x} and, optionally, integer labels {@code y}. Samples are
 * images [n, h, w, c] or [n, c, h, w] (an extent of 1, 3 or 4 in the last, else in the second place
 * names the channels), grey images [n, h, w] or vectors [n, f]. Entries are inflated as they are
 * read, never as a whole.
 */
final class NpzFormat implements DataFormat {

  @Override
  public String description() {
    return "an .npz archive with arrays x and y";
  }

  @Override
  public boolean accepts(Path path) {
    return Files.isRegularFile(path) && path.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
  }

  @Override
  public Dataset open(Path path, Datasets.Split split) {
    try (Reader reader = Reader.open(path)) {
      return new Archive(path, reader.samples.count(), reader.labels != null);
    }
  }

  private record Archive(Path path, long count, boolean labelled) implements Dataset {

    @Override
    public String name() {
      return path.toString();
    }

    @Override
    public OptionalLong size() {
      return OptionalLong.of(count);
    }

    @Override
    public boolean uniform() {
      return true;
    }

    @Override
    public SampleReader open() {
      return Reader.open(path);
    }
  }

  private record Layout(int height, int width, int channels, boolean planes) {}

  private static final class Reader implements SampleReader {

    private final ZipFile archive;
    private final NpyStream samples;
    private final @Nullable NpyStream labels;
    private long position;

    private Reader(ZipFile archive, NpyStream samples, @Nullable NpyStream labels) {
      this.archive = archive;
      this.samples = samples;
      this.labels = labels;
    }

    static Reader open(Path path) {
      try {
        ZipFile archive = new ZipFile(path.toFile());
        try {
          NpyStream samples = NpyStream.open(archive, "x");
          if (samples == null) {
            throw missingSamples(path, archive);
          }
          NpyStream labels = NpyStream.open(archive, "y");
          check(samples, labels);
          return new Reader(archive, samples, labels);
        } catch (IOException | RuntimeException e) {
          archive.close();
          throw e;
        }
      } catch (IOException e) {
        throw DataErrors.unreadable(path.toString(), e);
      }
    }

    private static InvalidDataException missingSamples(Path path, ZipFile archive) {
      return new InvalidDataException(
          new Problem(
              "the archive has no array 'x'",
              path.toString(),
              "it has: "
                  + archive.stream()
                      .limit(20)
                      .map(ZipEntry::getName)
                      .collect(Collectors.joining(", ")),
              "save it with numpy.savez(file, x=images, y=labels)"));
    }

    private static void check(NpyStream samples, @Nullable NpyStream labels) {
      layout(samples);
      if (labels == null) {
        return;
      }
      List<Long> dims = labels.dims();
      boolean column = dims.size() == 1 || (dims.size() == 2 && dims.get(1) == 1);
      if (!column || !labels.dtype().isInteger() || labels.count() != samples.count()) {
        throw DataErrors.damaged(
            "labels don't fit the samples: "
                + labels.dtype()
                + " "
                + dims
                + " for "
                + samples.count()
                + " samples",
            labels.where(),
            "one integer class per sample is needed");
      }
    }

    private static Layout layout(NpyStream samples) {
      int[] dims = samples.dims().stream().mapToInt(Long::intValue).toArray();
      return switch (dims.length) {
        case 2 -> new Layout(1, dims[1], 1, false);
        case 3 -> new Layout(dims[1], dims[2], 1, false);
        case 4 -> {
          if (isChannels(dims[3])) {
            yield new Layout(dims[1], dims[2], dims[3], false);
          }
          if (isChannels(dims[1])) {
            yield new Layout(dims[2], dims[3], dims[1], true);
          }
          throw notImages(samples, "neither the second nor the last axis has 1, 3 or 4 channels");
        }
        default -> throw notImages(samples, "2 to 4 axes are expected");
      };
    }

    private static boolean isChannels(int extent) {
      return extent == 1 || extent == 3 || extent == 4;
    }

    private static InvalidDataException notImages(NpyStream samples, String why) {
      return new InvalidDataException(
          new Problem(
              "samples of shape " + samples.dims() + " are not understood",
              samples.where(),
              why,
              "save them as [n, h, w, c], [n, c, h, w], [n, h, w] or [n, features]"));
    }

    @Override
    public @Nullable Sample next() {
      Tensor tensor = samples.next();
      Tensor label = labels == null ? null : labels.next();
      if (tensor == null) {
        return null;
      }
      float[] values = floats(tensor);
      Layout layout = layout(samples);
      Pixels pixels =
          layout.planes
              ? Pixels.ofPlanes(values, layout.channels, layout.height, layout.width)
              : new Pixels(values, layout.height, layout.width, layout.channels);
      String where = samples.where() + ", sample " + position++;
      return new Sample(pixels, label == null ? Sample.NO_LABEL : label(label, where), where);
    }

    private static int label(Tensor label, String where) {
      long value = label.integer(0);
      if (value < 0 || value > Integer.MAX_VALUE) {
        throw DataErrors.damaged("label " + value + " is no class index", where, "");
      }
      return (int) value;
    }

    private static float[] floats(Tensor tensor) {
      float[] values = new float[(int) tensor.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] =
            switch (tensor.dtype()) {
              case FLOAT32 -> tensor.f32(i);
              case FLOAT64 -> (float) tensor.data().get(Tensor.F64, i * 8L);
              case FLOAT16 -> Float.float16ToFloat(tensor.data().get(Tensor.I16, i * 2L));
              default -> tensor.integer(i);
            };
      }
      return values;
    }

    @Override
    public void close() {
      samples.close();
      if (labels != null) {
        labels.close();
      }
      try {
        archive.close();
      } catch (IOException e) {
        throw DataErrors.unreadable(archive.getName(), e);
      }
    }
  }
}
