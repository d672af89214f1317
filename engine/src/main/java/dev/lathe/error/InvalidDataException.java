package dev.lathe.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A data file (images, labels, tensors) that is unreadable or does not fit. */
public final class InvalidDataException extends LatheException {

  private static final long serialVersionUID = 1L;

  public InvalidDataException(List<Problem> problems) {
    super(problems, null);
  }

  public InvalidDataException(Problem problem) {
    super(List.of(problem), null);
  }

  public InvalidDataException(Problem problem, @Nullable Throwable cause) {
    super(List.of(problem), cause);
  }

  @Override
  public int exitCode() {
    return 3;
  }
}
