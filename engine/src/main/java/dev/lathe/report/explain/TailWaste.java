package dev.lathe.report.explain;

import static dev.lathe.report.explain.Cause.text;

import java.util.Optional;

/** Rows or columns that are no multiple of the kernel's tile: the last tiles are not full. */
final class TailWaste implements Cause.OfWork {

  private static final double WORTH = 0.05;

  @Override
  public String id() {
    return "tail waste";
  }

  @Override
  public Optional<Finding> find(Work work, Layer layer, Scene scene) {
    Layer.Tile tile = layer.tile().orElse(null);
    if (tile == null || work.depthwise() || work.n() < tile.nr() || work.m() < tile.mr()) {
      return Optional.empty();
    }
    long rows = work.pointwise() ? Math.ceilDiv(work.m(), tile.mr()) * tile.mr() : work.m();
    int columns = Math.ceilDiv(work.n(), tile.nr()) * tile.nr();
    double wasted = 1 - (double) (work.m() * work.n()) / (rows * columns);
    if (wasted < WORTH) {
      return Optional.empty();
    }
    Work whole = work.withChannels(work.channels() / work.groups(), columns);
    if (rows != work.m()) {
      whole = whole.withRows(rows);
    }
    return Optional.of(
        Finding.tried(
            this,
            layer,
            text(
                "%d rows and %d columns fill tiles of %d x %d up to %d and %d: %.0f %% of the work"
                    + " is wasted",
                work.m(), work.n(), tile.mr(), tile.nr(), rows, columns, 100 * wasted),
            columns > work.n()
                ? "output channels a multiple of " + tile.nr()
                : "a batch or an image of a multiple of " + tile.mr() + " pixels or rows",
            Trial.perWork(
                "the same work in whole tiles, " + rows + " rows and " + columns + " columns",
                scene,
                work,
                whole)));
  }
}
