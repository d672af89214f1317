package dev.lathe.error;

/**
 * A node can't be planned before the contents of one of its inputs are there. The runtime then runs
 * what comes before the node and plans on; elsewhere it is a form that isn't supported.
 */
public final class ContentRequiredException extends UnsupportedException {

  private static final long serialVersionUID = 1L;

  private final int input;

  /**
   * @param input index of the node's input whose contents are needed, or -1 when the node needs
   *     them all
   */
  public ContentRequiredException(Problem problem, int input) {
    super(problem);
    this.input = input;
  }

  public int input() {
    return input;
  }
}
