package dev.lathe.report.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Short names of files that are compared: the file name, the whole path where that is not enough.
 */
final class Names {

  private Names() {}

  /** A name per file, all different; a file that is given twice is numbered. */
  static List<String> of(List<Path> files) {
    List<String> names = new ArrayList<>();
    for (Path file : files) {
      boolean shared =
          files.stream()
              .anyMatch(
                  other -> !other.equals(file) && other.getFileName().equals(file.getFileName()));
      String name = shared ? file.toString() : String.valueOf(file.getFileName());
      long before = names.stream().filter(other -> other.split("#", 2)[0].equals(name)).count();
      names.add(before == 0 ? name : name + "#" + (before + 1));
    }
    return names;
  }
}
