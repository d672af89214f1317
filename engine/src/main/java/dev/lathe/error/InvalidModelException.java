package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A model file that is unreadable, truncated, inconsistent or hostile. */
public final class InvalidModelException extends LatheException {

  private static final long serialVersionUID = 1L;

  public InvalidModelException(List<Problem> problems) {
    super(problems, null);
  }

  public InvalidModelException(Problem problem) {
    super(List.of(problem), null);
  }

  public InvalidModelException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 3;
  }
}
