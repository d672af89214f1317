package dev.lathe.data;

import org.jspecify.annotations.Nullable;

/** One pass over a data set. Holds at most a sample at a time; not thread-safe. */
public interface SampleReader extends AutoCloseable {

  /**
   * The next sample, or null after the last.
   *
   * @throws dev.lathe.error.InvalidDataException when the file is damaged at this place
   */
  @Nullable Sample next();

  @Override
  void close();
}
