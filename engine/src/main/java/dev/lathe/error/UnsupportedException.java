package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operator, attribute, data type or form Lathe does not implement. */
public sealed class UnsupportedException extends LatheException permits ContentRequiredException {

  private static final long serialVersionUID = 1L;

  public UnsupportedException(List<Problem> problems) {
    super(problems, null);
  }

  public UnsupportedException(Problem problem) {
    super(List.of(problem), null);
  }

  public UnsupportedException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 4;
  }
}
