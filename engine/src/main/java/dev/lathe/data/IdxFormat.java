package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pair of IDX files, as MNIST and its kin come: images ({@code *-images-idx3-ubyte}) and labels
 * ({@code *-labels-idx1-ubyte}) beside them, each gzipped or not. Given the images, or a folder
 * with the pairs.
 */
final class IdxFormat implements DataFormat {

  @Override
  public String description() {
    return "an IDX images file (gz or not) with its labels beside it, or a folder of such pairs";
  }

  @Override
  public boolean accepts(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return !imageFiles(path).isEmpty();
    }
    if (fileName(path).contains("idx")) {
      return true;
    }
    try (InputStream in = Files.newInputStream(path)) {
      byte[] head = in.readNBytes(4);
      return head.length == 4 && head[0] == 0 && head[1] == 0 && head[3] >= 1 && head[3] <= 4;
    }
  }

  @Override
  public Dataset open(Path path, Datasets.Split split) throws IOException {
    Path images = Files.isDirectory(path) ? choose(path, split) : path;
    IdxHeader header;
    try (IdxFile file = IdxFile.open(images)) {
      header = file.header();
    }
    if (header.rank() < 2) {
      throw new InvalidDataException(
          new Problem(
              "these are labels, not images",
              images.toString(),
              "an IDX file of one dimension holds one byte per sample",
              "give the images file; the labels beside it are found"));
    }
    Path labels = labelsOf(images);
    if (labels != null) {
      checkLabels(labels, images, header.count());
    }
    return new Pair(images, labels, header.count());
  }

  private static void checkLabels(Path labels, Path images, long count) {
    try (IdxFile file = IdxFile.open(labels)) {
      if (file.header().rank() != 1 || file.header().count() != count) {
        throw DataErrors.damaged(
            "labels don't fit the images: " + file.header().dims() + " for " + count + " images",
            labels.toString(),
            "images: " + images);
      }
    }
  }

  /** The images file of a folder that fits the purpose, by the names the field uses. */
  private static Path choose(Path folder, Datasets.Split split) throws IOException {
    List<Path> files = imageFiles(folder);
    for (Path file : files) {
      boolean train = fileName(file).startsWith("train");
      if (train == (split == Datasets.Split.TRAIN)) {
        return file;
      }
    }
    return files.getFirst();
  }

  private static List<Path> imageFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> fileName(file).contains("images") && fileName(file).contains("idx"))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  private static @Nullable Path labelsOf(Path images) {
    for (String name : labelNames(fileName(images))) {
      Path file = images.resolveSibling(name);
      if (!name.equals(fileName(images)) && Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  private static Set<String> labelNames(String images) {
    String plain = images.endsWith(".gz") ? images.substring(0, images.length() - 3) : images;
    List<String> stems = new ArrayList<>();
    stems.add(plain.replace("images", "labels").replaceAll("idx[234]", "idx1"));
    stems.add(plain.replace("images", "labels"));
    Set<String> names = new LinkedHashSet<>();
    for (String stem : stems) {
      names.add(images.endsWith(".gz") ? stem + ".gz" : stem);
      names.add(images.endsWith(".gz") ? stem : stem + ".gz");
    }
    return names;
  }

  private static String fileName(Path path) {
    Path name = path.getFileName();
    return name == null ? "" : name.toString();
  }

  private record Pair(Path images, @Nullable Path labels, long count) implements Dataset {

    @Override
    public String name() {
      return images.toString();
    }

    @Override
    public OptionalLong size() {
      return OptionalLong.of(count);
    }

    @Override
    public boolean labelled() {
      return labels != null;
    }

    @Override
    public boolean uniform() {
      return true;
    }

    @Override
    public SampleReader open() {
      IdxFile imageFile = IdxFile.open(images);
      return new Reader(imageFile, labels == null ? null : IdxFile.open(labels));
    }
  }

  private static final class Reader implements SampleReader {

    private final IdxFile images;
    private final @Nullable IdxFile labels;
    private long position;

    Reader(IdxFile images, @Nullable IdxFile labels) {
      this.images = images;
      this.labels = labels;
    }

    @Override
    public @Nullable Sample next() {
      byte[] bytes = images.next();
      byte[] label = labels == null ? null : labels.next();
      if (bytes == null) {
        return null;
      }
      float[] values = new float[bytes.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = bytes[i] & 0xff;
      }
      List<Long> dims = images.header().dims();
      int height = dims.size() > 2 ? dims.get(1).intValue() : 1;
      int width = dims.get(dims.size() > 2 ? 2 : 1).intValue();
      int channels = dims.size() > 3 ? dims.get(3).intValue() : 1;
      return new Sample(
          new Pixels(values, height, width, channels),
          label == null ? Sample.NO_LABEL : label[0] & 0xff,
          images.path() + ", sample " + position++);
    }

    @Override
    public void close() {
      images.close();
      if (labels != null) {
        labels.close();
      }
    }
  }
}
