package dev.lathe.compress.surgery;

/** Groups of a convolution that go as a whole. */
final class Grouped {

  private Grouped() {}

  /** Joins {@code count} indices of a dimension, from {@code from} on, with one of another. */
  static void joinRun(Links links, Axis axis, int from, int count, Axis other, int index) {
    for (int i = 0; i < count; i++) {
      links.join(axis, from + i, other, index);
    }
  }
}
