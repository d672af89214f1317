package dev.lathe.report.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The command lines that reproduce a report.
 *
 * @param compare arguments after {@code lathe compare}, without {@code --only}
 * @param only names of the rows asked for; empty for all
 * @param recipes files of recipes
 * @param make arguments of verbs that write a model that don't depend on the row, the model first;
 *     empty when there is no file to start from
 * @param calibrate arguments {@code lathe quantize} takes beside
 */
public record Commands(
    List<String> compare,
    List<String> only,
    List<String> recipes,
    List<String> make,
    List<String> calibrate) {

  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  public Commands {
    compare = List.copyOf(compare);
    only = List.copyOf(only);
    recipes = List.copyOf(recipes);
    make = List.copyOf(make);
    calibrate = List.copyOf(calibrate);
  }

  String whole() {
    List<String> rows = new ArrayList<>();
    if (!only.isEmpty()) {
      rows.addAll(List.of("--only", String.join(",", only)));
    }
    recipes.forEach(recipe -> rows.addAll(List.of("--recipe", recipe)));
    return line("compare", compare, rows);
  }

  String compare(Rung rung) {
    return line(
        "compare",
        compare,
        rung.recipe() == null
            ? List.of("--only", rung.name())
            : List.of("--only", "fp32", "--recipe", rung.recipe().file()));
  }

  String quantize(Rung rung) {
    if (make.isEmpty() || rung.isBaseline()) {
      return "";
    }
    List<String> output = List.of("-o", rung.name() + ".onnx");
    if (rung.recipe() != null) {
      List<String> arguments = new ArrayList<>(List.of("--recipe", rung.recipe().file()));
      arguments.addAll(output);
      return line("compress", make, arguments);
    }
    List<String> arguments = new ArrayList<>(calibrate);
    arguments.addAll(rung.quantizeArguments());
    arguments.addAll(output);
    return line("quantize", make, arguments);
  }

  private static String line(String verb, List<String> first, List<String> second) {
    List<String> words = new ArrayList<>(List.of("lathe", verb));
    words.addAll(first);
    words.addAll(second);
    return words.stream().map(Commands::quoted).collect(Collectors.joining(" "));
  }

  /** As a POSIX shell wants it. */
  static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
