package dev.lathe.compress.prune;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Every granularity, by the form of its name. */
public final class Granularities {

  private static final Map<Pattern, BiFunction<Integer, Integer, Granularity>> ALL =
      new LinkedHashMap<>();

  static {
    ALL.put(Pattern.compile("weight"), (none, nothing) -> new Block(1, 1));
    ALL.put(Pattern.compile("(\\d{1,4})x(\\d{1,4})"), Block::new);
    ALL.put(Pattern.compile("(\\d{1,4}):(\\d{1,4})"), NOfM::new);
    ALL.put(Pattern.compile("kernel"), (none, nothing) -> new Kernel());
    ALL.put(Pattern.compile("filter"), (none, nothing) -> new Filter());
  }

  private Granularities() {}

  /** Single weights. */
  public static Granularity weight() {
    return new Block(1, 1);
  }

  /**
   * Parses {@code weight}, {@code RxC}, {@code N:M}, {@code kernel} or {@code filter}.
   *
   * @throws UsageException when the text is none of them
   */
  public static Granularity parse(String text) {
    for (Map.Entry<Pattern, BiFunction<Integer, Integer, Granularity>> entry : ALL.entrySet()) {
      Matcher matcher = entry.getKey().matcher(text);
      if (matcher.matches()) {
        return entry.getValue().apply(number(matcher, 1), number(matcher, 2));
      }
    }
    throw new UsageException(
        new Problem(
            "unknown granularity",
            "'" + text + "'",
            "",
            "use weight, 1x4, 4x4, N:M as in 2:4, kernel or filter"));
  }

  private static int number(Matcher matcher, int group) {
    return matcher.groupCount() < group ? 0 : Integer.parseInt(matcher.group(group));
  }
}
