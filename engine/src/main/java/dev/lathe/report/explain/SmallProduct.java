package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** Fewer rows or columns than the kernel's register tile has. */
final class SmallProduct implements Cause.OfWork {

  @Override
  public String id() {
    return "product smaller than the tile";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    Layer.Tile tile = layer.tile().orElse(null);
    if (tile == null || work.depthwise()) {
      return Optional.empty();
    }
    boolean narrow = work.n() < tile.nr();
    boolean flat = work.pointwise() && work.m() > 1 && work.m() < tile.mr();
    if (!narrow && !flat) {
      return Optional.empty();
    }
    Work filled = narrow ? work.withChannels(work.channels() / work.groups(), tile.nr()) : work;
    filled = flat ? filled.withRows(tile.mr()) : filled;
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "%d rows and %d columns on a tile of %d x %d: %.0f %% of a tile's work is used",
                work.m(),
                work.n(),
                tile.mr(),
                tile.nr(),
                100.0
                    * Math.min(work.m(), tile.mr())
                    * Math.min(work.n(), tile.nr())
                    / (tile.mr() * tile.nr())),
            narrow
                ? "at least " + tile.nr() + " output channels, or fewer groups"
                : "a larger batch",
            Trial.perWork(
                "a full tile, " + filled.m() + " rows and " + filled.n() + " columns",
                scene,
                work,
                filled)));
  }
}
