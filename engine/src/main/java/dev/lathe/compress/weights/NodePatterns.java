package dev.lathe.compress.weights;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Patterns that choose nodes by name. */
public final class NodePatterns {

  private NodePatterns() {}

  /**
   * Checks that patterns choose something.
   *
   * @param names of the nodes there are to choose from
   * @param what they are, as in {@code Conv, Gemm and MatMul with a constant weight}
   * @throws UsageException when one of them matches no name
   */
  public static void requireMatch(
      @Nullable Pattern include, @Nullable Pattern exclude, List<String> names, String what) {
    requireMatch(include, "--nodes", names, what);
    requireMatch(exclude, "--exclude", names, what);
  }

  private static void requireMatch(
      @Nullable Pattern pattern, String option, List<String> names, String what) {
    if (pattern != null && names.stream().noneMatch(pattern.asPredicate())) {
      throw new UsageException(
          new Problem(
              "the pattern matches no node",
              option + " '" + pattern + "'",
              "it is looked for in the names of " + what,
              "'lathe inspect --layers' lists the nodes"));
    }
  }
}
