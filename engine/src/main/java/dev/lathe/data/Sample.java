package dev.lathe.data;

/**
 * One example of a data set.
 *
 * @param label class index, or {@link #NO_LABEL}
 * @param where the file, and the position in it, for messages
 */
public record Sample(Pixels pixels, int label, String where) {

  public static final int NO_LABEL = -1;
}
