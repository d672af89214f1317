package dev.lathe.data;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder of images with a {@code labels.csv}: a line {@code file,class} per image, the file
 * relative to the folder, the class an index from 0. A first line {@code file,class} is a title.
 */
final class LabelListFormat implements DataFormat {

  private static final String LIST = "labels.csv";
  private static final int MAX_PROBLEMS = 20;

  @Override
  public String description() {
    return "a folder of images with a labels.csv (file,class)";
  }

  @Override
  public boolean accepts(Path path) {
    return Files.isRegularFile(path.resolve(LIST));
  }

  @Override
  public Dataset open(Path path, Datasets.Split split) throws IOException {
    Path list = path.resolve(LIST);
    List<ImageFiles.Entry> entries = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(list)) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.isBlank() || (number == 1 && line.replace(" ", "").equals("file,class"))) {
          continue;
        }
        String where = list + ", line " + number;
        try {
          entries.add(entry(path, line));
        } catch (IllegalArgumentException e) {
          problems.add(
              new Problem(
                  "unusable line '" + line.substring(0, Math.min(80, line.length())) + "'",
                  where,
                  String.valueOf(e.getMessage()),
                  "write file,class with an existing file of this folder and a class >= 0"));
          if (problems.size() == MAX_PROBLEMS) {
            break;
          }
        }
      }
    } catch (MalformedInputException e) {
      throw DataErrors.damaged("labels.csv is not UTF-8 text", list.toString(), "");
    }
    if (problems.isEmpty() && entries.isEmpty()) {
      problems.add(new Problem("no images are listed", list.toString(), "", "add file,class"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidDataException(problems);
    }
    return new ImageFiles(path.toString(), entries);
  }

  private static ImageFiles.Entry entry(Path folder, String line) {
    int comma = line.lastIndexOf(',');
    if (comma < 0) {
      throw new IllegalArgumentException("there is no comma");
    }
    Path file = resolve(folder, line.substring(0, comma).strip());
    int label = Integer.parseInt(line.substring(comma + 1).strip());
    if (label < 0) {
      throw new IllegalArgumentException("class " + label + " is negative");
    }
    return new ImageFiles.Entry(file, label);
  }

  private static Path resolve(Path folder, String name) {
    Path file;
    try {
      file = folder.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'" + name + "' is no file name", e);
    }
    if (!file.startsWith(folder.normalize())) {
      throw new IllegalArgumentException("'" + name + "' is outside the folder");
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("there is no file '" + name + "'");
    }
    return file;
  }
}
