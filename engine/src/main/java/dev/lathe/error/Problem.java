package dev.lathe.error;

/**
 * One obstacle, in the four parts a user needs.
 *
 * @param what what is wrong, as a short sentence without a full stop
 * @param where the place: file, node (name, operator, shapes), byte offset, option
 * @param why the rule or limit that was broken; empty when {@code what} already says it
 * @param remedy what the user can do about it; empty when nothing can be done
 */
public record Problem(String what, String where, String why, String remedy) {

  public static Problem of(String what, String where) {
    return new Problem(what, where, "", "");
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(what);
    append(text, "\n  where: ", where);
    append(text, "\n  why:   ", why);
    append(text, "\n  do:    ", remedy);
    return text.toString();
  }

  private static void append(StringBuilder text, String label, String part) {
    if (!part.isEmpty()) {
      text.append(label).append(part);
    }
  }
}
