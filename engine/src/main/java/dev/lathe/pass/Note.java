package dev.lathe.pass;

/**
 * Why a pass left something as it was, for those who want to know what a model misses.
 *
 * @param pass name of the pass
 * @param node name of the node it did not rewrite
 * @param why one clause, such as {@code the weights are not constant}
 */
public record Note(String pass, String node, String why) {

  @Override
  public String toString() {
    return node + ": " + why;
  }
}
