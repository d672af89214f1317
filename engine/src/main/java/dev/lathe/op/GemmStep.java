package dev.lathe.op;

import dev.lathe.plan.Frame;
import dev.lathe.plan.Step;

/**
 * A batch-reduce product over images and groups, split statically. Subclasses run one block of one
 * image and group with their kernel.
 */
abstract class GemmStep implements Step {

  private final GemmParts split;
  private final int groups;

  GemmStep(GemmParts split, int groups) {
    this.split = split;
    this.groups = groups;
  }

  /** Computes rows [mFrom, mTo) and columns [nFrom, nTo) of one image and group. */
  abstract void block(
      Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo);

  @Override
  public final int parts(int threads) {
    return split.parts(threads);
  }

  @Override
  public final void run(Frame frame, int part, int parts) {
    int from = split.from(part, parts);
    int to = split.from(part + 1, parts);
    if (split.byRows()) {
      rows(frame, part, from, to);
    } else {
      columns(frame, part, from * split.nr(), Math.min(split.n(), to * split.nr()));
    }
  }

  private void rows(Frame frame, int part, int from, int to) {
    int perImage = split.rowTiles();
    for (int unit = from; unit < to; ) {
      int image = unit / perImage;
      int end = Math.min(to, (image + 1) * perImage);
      int mFrom = (unit - image * perImage) * split.mr();
      int mTo = Math.min(split.m(), (end - image * perImage) * split.mr());
      for (int group = 0; group < groups; group++) {
        block(frame, part, image, group, mFrom, mTo, 0, split.n());
      }
      unit = end;
    }
  }

  private void columns(Frame frame, int part, int nFrom, int nTo) {
    for (int image = 0; image < split.images(); image++) {
      for (int group = 0; group < groups; group++) {
        block(frame, part, image, group, 0, split.m(), nFrom, nTo);
      }
    }
  }
}
