package dev.lathe.compress;

import org.jspecify.annotations.Nullable;

/** One pass over samples. */
public interface SamplePass extends AutoCloseable {

  /** The next batch, or null after the last sample. */
  @Nullable SampleBatch next();

  @Override
  void close();
}
