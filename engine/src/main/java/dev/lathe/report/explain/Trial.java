package dev.lathe.report.explain;

/**
 * A layer with a cause and without it.
 *
 * @param what the layer without it, in words
 * @param scale work of {@code before} / work of {@code after}: times are compared per work
 */
public record Trial(String what, Variant before, Variant after, double scale) {

  /** Of layers that do other amounts of work. */
  static Trial perWork(String what, Scene scene, Work before, Work after) {
    return new Trial(
        what,
        Variant.of(before, scene.options()),
        Variant.of(after, scene.options()),
        (double) before.macs() / after.macs());
  }

  /** Of layers that stand for each other. */
  static Trial same(String what, Scene scene, Work before, Work after) {
    return new Trial(
        what, Variant.of(before, scene.options()), Variant.of(after, scene.options()), 1);
  }
}
