package dev.lathe.data;

import java.io.IOException;
import java.nio.file.Path;

/** One way samples are laid out in files. */
interface DataFormat {

  /** How the help text and error messages call it. */
  String description();

  /** Whether {@code path} looks like this format; judged by names and first bytes only. */
  boolean accepts(Path path) throws IOException;

  /**
   * Opens it.
   *
   * @param split which part to take where a folder holds several
   * @throws dev.lathe.error.InvalidDataException when the contents break the format
   */
  Dataset open(Path path, Datasets.Split split) throws IOException;
}
