package dev.lathe.op;

import dev.lathe.kernel.SlabShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Step;

/** A sparse product over images and groups, split statically by blocks of output rows. */
abstract class SpmmStep implements Step {

  private final SlabShape shape;
  private final int images;
  private final int groups;
  private final int blocks;

  /**
   * A step of products of one shape.
   *
   * @param shape of one group of one image
   */
  SpmmStep(SlabShape shape, int images, int groups) {
    this.shape = shape;
    this.images = images;
    this.groups = groups;
    this.blocks = Math.ceilDiv(shape.height().out(), shape.blockRows());
  }

  @Override
  public final int parts(int threads) {
    return Math.clamp((long) images * blocks, 1, threads);
  }

  @Override
  public final void run(Frame frame, int part, int parts) {
    long units = (long) images * blocks;
    long end = units * (part + 1) / parts;
    for (long unit = units * part / parts; unit < end; ) {
      int image = (int) (unit / blocks);
      int from = (int) (unit % blocks);
      int to = (int) Math.min(blocks, from + end - unit);
      int rowTo = Math.min(shape.height().out(), to * shape.blockRows());
      for (int group = 0; group < groups; group++) {
        rows(frame, part, image, group, from * shape.blockRows(), rowTo);
      }
      unit += to - from;
    }
  }

  /** Computes output rows [rowFrom, rowTo) of a group of an image. */
  abstract void rows(Frame frame, int part, int image, int group, int rowFrom, int rowTo);
}
