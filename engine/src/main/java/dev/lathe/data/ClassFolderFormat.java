package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder per class. When all folder names are numbers they are the class indices; otherwise the
 * index is the folder's place in the alphabetical order of names.
 */
final class ClassFolderFormat implements DataFormat {

  @Override
  public String description() {
    return "a folder with a folder of images per class";
  }

  @Override
  public boolean accepts(Path path) throws IOException {
    return Files.isDirectory(path) && !folders(path).isEmpty();
  }

  @Override
  public Dataset open(Path path, Datasets.Split split) throws IOException {
    List<Path> folders = folders(path);
    boolean numbered = folders.stream().allMatch(folder -> name(folder).matches("\\d{1,9}"));
    List<List<ImageFiles.Entry>> classes = new ArrayList<>();
    for (int i = 0; i < folders.size(); i++) {
      int label = numbered ? Integer.parseInt(name(folders.get(i))) : i;
      classes.add(ImageFiles.in(folders.get(i), label));
    }
    List<ImageFiles.Entry> entries = interleave(classes);
    if (entries.isEmpty()) {
      throw new InvalidDataException(
          new Problem(
              "no images", path.toString(), "", "put JPEG or PNG files into a folder per class"));
    }
    return new ImageFiles(path.toString(), entries);
  }

  /** One image of each class in turn, so that the first n samples are a balanced choice. */
  private static List<ImageFiles.Entry> interleave(List<List<ImageFiles.Entry>> classes) {
    int longest = classes.stream().mapToInt(List::size).max().orElse(0);
    List<ImageFiles.Entry> entries = new ArrayList<>();
    for (int i = 0; i < longest; i++) {
      for (List<ImageFiles.Entry> images : classes) {
        if (i < images.size()) {
          entries.add(images.get(i));
        }
      }
    }
    return entries;
  }

  private static List<Path> folders(Path path) throws IOException {
    try (Stream<Path> files = Files.list(path)) {
      return files.filter(Files::isDirectory).sorted().toList();
    }
  }

  private static String name(Path folder) {
    return String.valueOf(folder.getFileName());
  }
}
