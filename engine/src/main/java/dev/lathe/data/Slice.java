package dev.lathe.data;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A contiguous part of a data set. */
record Slice(Dataset all, long from, long to) implements Dataset {

  Slice {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("slice [" + from + ", " + to + ")");
    }
  }

  @Override
  public String name() {
    return all.name();
  }

  @Override
  public OptionalLong size() {
    OptionalLong size = all.size();
    return size.isEmpty()
        ? size
        : OptionalLong.of(Math.max(0, Math.min(size.getAsLong(), to) - from));
  }

  @Override
  public boolean labelled() {
    return all.labelled();
  }

  @Override
  public boolean uniform() {
    return all.uniform();
  }

  @Override
  public SampleReader open() {
    SampleReader reader = all.open();
    return new SampleReader() {
      private long position;

      @Override
      public @Nullable Sample next() {
        for (; position < from; position++) {
          if (reader.next() == null) {
            return null;
          }
        }
        return position++ < to ? reader.next() : null;
      }

      @Override
      public void close() {
        reader.close();
      }
    };
  }
}
