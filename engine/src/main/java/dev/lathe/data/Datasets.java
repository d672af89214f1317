package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Opens data sets of every known format. */
public final class Datasets {

  /** What the samples are for; matters where a folder holds a training and a test part. */
  public enum Split {
    /** Held-out samples, to measure with. */
    TEST,
    /** Training samples, to calibrate with. */
    TRAIN
  }

  private static final List<DataFormat> FORMATS =
      List.of(
          new NpzFormat(),
          new IdxFormat(),
          new LabelListFormat(),
          new ClassFolderFormat(),
          new ImageFolderFormat());

  private Datasets() {}

  /** Opens held-out samples: {@link #open(Path, Split)} with {@link Split#TEST}. */
  public static Dataset open(Path path) {
    return open(path, Split.TEST);
  }

  /**
   * Opens a data set, whatever its format.
   *
   * @throws InvalidDataException when the path is missing, of no known format or damaged
   */
  public static Dataset open(Path path, Split split) {
    if (!Files.exists(path)) {
      throw new InvalidDataException(
          new Problem("no such data", path.toString(), "", "check the path given to --data"));
    }
    try {
      for (DataFormat format : FORMATS) {
        if (format.accepts(path)) {
          return format.open(path, split);
        }
      }
    } catch (IOException e) {
      throw DataErrors.unreadable(path.toString(), e);
    }
    throw new InvalidDataException(
        new Problem(
            "unknown kind of data",
            path.toString(),
            "",
            "give one of: "
                + FORMATS.stream().map(DataFormat::description).collect(Collectors.joining("; "))));
  }
}
