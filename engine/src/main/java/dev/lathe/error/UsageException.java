package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Wrong option, argument, name or combination of them; also a wrong input name or shape given to a
 * session.
 */
public final class UsageException extends LatheException {

  private static final long serialVersionUID = 1L;

  public UsageException(List<Problem> problems) {
    super(problems, null);
  }

  public UsageException(Problem problem) {
    super(List.of(problem), null);
  }

  public UsageException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 2;
  }
}
