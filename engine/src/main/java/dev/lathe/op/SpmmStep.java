package dev.lathe.op;

import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.Spmm;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Step;

/** A sparse product over images and groups, split statically by output rows. */
abstract class SpmmStep implements Step {

  /** Parts of a tile of positions that parts of a product may end at. */
  private static final int TILE_PARTS = 4;

  private final SlabShape shape;
  private final int images;
  private final int groups;
  private final int unitRows;
  private final int units;

  /**
   * A step of products of one shape.
   *
   * @param choice whose shape is of one group of one image
   */
  SpmmStep(SpmmChoice<? extends Spmm> choice, int images, int groups) {
    this.shape = choice.shape();
    this.images = images;
    this.groups = groups;
    this.unitRows = shape.isColumn() ? Math.ceilDiv(choice.kernel().mr(), TILE_PARTS) : 1;
    this.units = Math.ceilDiv(shape.height().out(), unitRows);
  }

  @Override
  public final int parts(int threads) {
    return Math.clamp((long) images * units, 1, threads);
  }

  @Override
  public final void run(Frame frame, int part, int parts) {
    long all = (long) images * units;
    long end = all * (part + 1) / parts;
    for (long unit = all * part / parts; unit < end; ) {
      int image = (int) (unit / units);
      int from = (int) (unit % units);
      int to = (int) Math.min(units, from + end - unit);
      int rowTo = Math.min(shape.height().out(), to * unitRows);
      for (int group = 0; group < groups; group++) {
        rows(frame, part, image, group, from * unitRows, rowTo);
      }
      unit += to - from;
    }
  }

  /** Computes output rows [rowFrom, rowTo) of a group of an image. */
  abstract void rows(Frame frame, int part, int image, int group, int rowFrom, int rowTo);
}
