package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A performance gate was not met. */
public final class PerformanceException extends LatheException {

  private static final long serialVersionUID = 1L;

  public PerformanceException(List<Problem> problems) {
    super(problems, null);
  }

  public PerformanceException(Problem problem) {
    super(List.of(problem), null);
  }

  public PerformanceException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 6;
  }
}
