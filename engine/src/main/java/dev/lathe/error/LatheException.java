package dev.lathe.error;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Root of every failure Lathe reports on purpose. Lists all problems of a kind, not the first one,
 * and carries the process exit code the command line documents.
 */
public abstract sealed class LatheException extends RuntimeException
    permits InvalidModelException,
        InvalidDataException,
        UnsupportedException,
        UsageException,
        ToleranceException,
        PerformanceException,
        InternalException {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  LatheException(List<Problem> problems, @Nullable Throwable cause) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")), cause);
    this.problems = List.copyOf(problems);
  }

  /** Every problem found, never empty. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * Exit code of the command line: 1 internal, 2 usage, 3 invalid, 4 unsupported, 5 tolerance, 6
   * performance.
   */
  public abstract int exitCode();
}
