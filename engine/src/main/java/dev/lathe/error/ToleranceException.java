package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An accuracy budget or numeric tolerance was not met. */
public final class ToleranceException extends LatheException {

  private static final long serialVersionUID = 1L;

  public ToleranceException(List<Problem> problems) {
    super(problems, null);
  }

  public ToleranceException(Problem problem) {
    super(List.of(problem), null);
  }

  public ToleranceException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 5;
  }
}
