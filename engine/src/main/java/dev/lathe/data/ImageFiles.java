package dev.lathe.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Image files, decoded one at a time. */
record ImageFiles(String name, List<Entry> entries) implements Dataset {

  /** An image file and its class, or {@link Sample#NO_LABEL}. */
  record Entry(Path file, int label) {}

  ImageFiles {
    entries = List.copyOf(entries);
  }

  /** The images of a folder in the order of their names, all with this label. */
  static List<Entry> in(Path folder, int label) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(ImageDecoder::isImage)
          .sorted()
          .map(file -> new Entry(file, label))
          .toList();
    }
  }

  @Override
  public OptionalLong size() {
    return OptionalLong.of(entries.size());
  }

  @Override
  public boolean labelled() {
    return entries.stream().allMatch(entry -> entry.label() != Sample.NO_LABEL);
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
