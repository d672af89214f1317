package dev.lathe.report.compare;

import dev.lathe.compress.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The command lines that reproduce a report.
 *
 * @param compare arguments after {@code lathe compare}, without {@code --only}
 * @param only names of the rows asked for; empty for all
 * @param recipes files of recipes
 * @param make arguments of verbs that observe samples and write a model that don't depend on the
 *     row, the model first; empty when there is no file to start from
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
        rung.recipe() == null || rung.recipe().file() == null
            ? List.of("--only", rung.name())
            : List.of("--only", SparseLadder.FP32, "--recipe", rung.recipe().file()));
  }

  /** What writes the model of a row; empty when nothing does. */
  String make(Rung rung) {
    if (make.isEmpty() || rung.isBaseline()) {
      return "";
    }
    String output = rung.name().replace(':', '-') + ".onnx";
    if (rung.recipe() == null) {
      List<String> arguments = new ArrayList<>(calibrate);
      arguments.addAll(rung.quantizeArguments());
      arguments.addAll(List.of("-o", output));
      return line("quantize", make, arguments);
    }
    String file = rung.recipe().file();
    return file == null
        ? verbs(rung.recipe().recipe(), output)
        : line("compress", make, List.of("--recipe", file, "-o", output));
  }

  /** A verb per step, each on what the one before wrote. */
  private String verbs(Recipe recipe, String output) {
    List<String> lines = new ArrayList<>();
    String from = make.getFirst();
    for (Recipe.Step step : recipe.steps()) {
      boolean last = step.equals(recipe.steps().getLast());
      String to = last ? output : step.name() + "-" + output;
      List<String> words = new ArrayList<>(List.of(from));
      if (step.name().equals("quantize")) {
        words.addAll(make.subList(1, make.size()));
      }
      for (Map.Entry<String, Object> setting : step.settings().entrySet()) {
        if (!setting.getValue().equals(false)) {
          words.add("--" + setting.getKey());
          if (!setting.getValue().equals(true)) {
            words.add(setting.getValue().toString());
          }
        }
      }
      lines.add(line(step.name(), words, List.of("-o", to)));
      from = to;
    }
    return String.join(" && ", lines);
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
