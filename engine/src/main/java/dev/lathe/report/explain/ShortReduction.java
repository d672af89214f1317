package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** Sums so short that starting and storing a tile takes longer than filling it. */
final class ShortReduction implements Cause.OfWork {

  private static final int SHORT = 32;
  private static final int LONG = 256;

  @Override
  public String id() {
    return "short reduction";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    if (work.groups() > 1 || work.depth() > SHORT || layer.tile().isEmpty()) {
      return Optional.empty();
    }
    int channels = Math.toIntExact(work.channels() * Math.ceilDiv(LONG, work.depth()));
    Work deep = work.withChannels(channels, work.outputs());
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "each output sums only %d products, so a tile is stored after %d steps",
                work.depth(), work.depth()),
            "only the architecture: fewer, deeper layers; or join it with the layer before it",
            Trial.perWork(
                "the same work at " + deep.depth() + " products per sum", scene, work, deep)));
  }
}
