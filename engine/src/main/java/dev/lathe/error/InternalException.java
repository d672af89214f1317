package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A broken invariant of Lathe itself: a bug worth reporting. */
public final class InternalException extends LatheException {

  private static final long serialVersionUID = 1L;

  public InternalException(List<Problem> problems) {
    super(problems, null);
  }

  public InternalException(Problem problem) {
    super(List.of(problem), null);
  }

  public InternalException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 1;
  }
}
