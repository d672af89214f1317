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
 * @param quantize arguments of {@code lathe quantize} that don't depend on the row, the model
 *     first; empty when there is no file to quantize
 */
public record Commands(List<String> compare, List<String> only, List<String> quantize) {

  private static final Pattern PLAIN = Pattern.compile("[\\w@%+=:,./-]+");

  public Commands {
    compare = List.copyOf(compare);
    only = List.copyOf(only);
    quantize = List.copyOf(quantize);
  }

  String whole() {
    return line("compare", compare, only.isEmpty() ? List.of() : List.of("--only", names(only)));
  }

  String compare(Rung rung) {
    return line("compare", compare, List.of("--only", rung.name()));
  }

  String quantize(Rung rung) {
    if (quantize.isEmpty() || rung.isBaseline()) {
      return "";
    }
    List<String> arguments = new ArrayList<>(rung.quantizeArguments());
    arguments.addAll(List.of("-o", rung.name() + ".onnx"));
    return line("quantize", quantize, arguments);
  }

  private static String names(List<String> only) {
    return String.join(",", only);
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
