package dev.lathe.data;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Labelled image files, decoded one at a time. */
record ImageFiles(String name, List<Entry> entries) implements Dataset {

  record Entry(Path file, int label) {}

  ImageFiles {
    entries = List.copyOf(entries);
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(entries.size());
  }

  @Override
  public boolean labelled() {
    return true;
  }

  @Override
  public SampleReader open() {
    return new SampleReader() {
      private int position;

      @Override
      public @Nullable Sample next() {
        if (position == entries.size()) {
          return null;
        }
        Entry entry = entries.get(position++);
        return new Sample(
            ImageDecoder.decode(entry.file()), entry.label(), entry.file().toString());
      }

      @Override
      public void close() {}
    };
  }
}
