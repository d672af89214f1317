package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** A step too short to be worth sharing among threads. */
final class ThreadOverhead implements Cause.OfLayer {

  private static final double SHORT_MICROS = 50;

  @Override
  public String id() {
    return "too little work for the threads";
  }

  @Override
  public String command(String layers) {
    return "lathe bench MODEL --threads 1";
  }

  @Override
  public Optional<Finding> find(Layer layer, Scene scene) {
    int threads = scene.options().threads();
    if (threads == 1 || layer.roofMicros() > SHORT_MICROS) {
      return Optional.empty();
    }
    Variant before = scene.alone(layer);
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "%d threads meet for %.1f µs of work, which takes %.1f µs",
                threads, layer.roofMicros(), layer.micros()),
            "fewer --threads, or a larger batch",
            new Trial("on one thread", before, before.with(scene.options().withThreads(1)), 1)));
  }
}
