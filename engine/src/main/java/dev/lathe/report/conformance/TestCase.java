package dev.lathe.report.conformance;

import dev.lathe.error.FileReason;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A folder of ONNX's backend test suite: {@code model.onnx} and folders {@code test_data_set_*}
 * with {@code input_N.pb} and {@code output_N.pb}.
 *
 * @param name its path below the folder that was searched
 */
public record TestCase(String name, Path folder) {

  /** The files of one run, in the order of the model's inputs and outputs. */
  record DataSet(Path folder, List<Path> inputs, List<Path> outputs) {}

  static final String MODEL = "model.onnx";

  /** What the suite leaves in place of a model that has to be downloaded. */
  static final String DOWNLOAD = "data.json";

  private static final Pattern DATA_SET = Pattern.compile("test_data_set_(\\d+)");

  /**
   * The cases in a folder and the folders below, sorted by name.
   *
   * @throws InvalidDataException when there are none or the folder cannot be read
   */
  public static List<TestCase> in(Path root) {
    List<TestCase> cases = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root)) {
      files
          .filter(file -> file.endsWith(MODEL) || file.endsWith(DOWNLOAD))
          .map(file -> file.toAbsolutePath().getParent())
          .distinct()
          .forEach(
              folder -> cases.add(new TestCase(nameOf(root.toAbsolutePath(), folder), folder)));
    } catch (IOException | java.io.UncheckedIOException e) {
      throw new InvalidDataException(
          new Problem(
              "can't read the test cases", root.toString(), FileReason.of(e), "check the path"),
          e);
    }
    if (cases.isEmpty()) {
      throw new InvalidDataException(
          new Problem(
              "no test cases",
              root.toString(),
              "a case is a folder with " + MODEL + " and test_data_set_*",
              "give the folder of ONNX's backend tests, such as onnx/backend/test/data"));
    }
    cases.sort(Comparator.comparing(TestCase::name));
    return cases;
  }

  private static String nameOf(Path root, Path folder) {
    Path relative = root.equals(folder) ? folder.getFileName() : root.relativize(folder);
    return String.valueOf(relative).replace('\\', '/');
  }

  Path model() {
    return folder.resolve(MODEL);
  }

  /** The runs of this case, in order. */
  List<DataSet> dataSets() throws IOException {
    List<DataSet> sets = new ArrayList<>();
    for (Path set : numbered(folder, DATA_SET)) {
      sets.add(
          new DataSet(
              set,
              numbered(set, Pattern.compile("input_(\\d+)\\.pb")),
              numbered(set, Pattern.compile("output_(\\d+)\\.pb"))));
    }
    return sets;
  }

  /** Entries of a folder whose names are a number apart, by number. */
  private static List<Path> numbered(Path folder, Pattern form) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> form.matcher(entry.getFileName().toString()).matches())
          .sorted(Comparator.comparingLong(entry -> number(entry, form)))
          .toList();
    }
  }

  private static long number(Path entry, Pattern form) {
    Matcher matcher = form.matcher(entry.getFileName().toString());
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
  }
}
