package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmLevels;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.LevelBlocks;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;

/** A product with weights that stay packed in a few bits. */
final class GemmLevelsStep extends GemmStep {

  private final GemmLevels kernel;
  private final GemmShape shape;
  private final FloatEpilogue epilogue;
  private final LevelBlocks blocks;
  private final MemorySegment rhs;
  private final Slot lhs;
  private final Slot dst;

  GemmLevelsStep(
      GemmLevels kernel,
      GemmShape shape,
      FloatEpilogue epilogue,
      LevelBlocks blocks,
      MemorySegment rhs,
      Slot lhs,
      Slot dst) {
    super(GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), 1), 1);
    this.kernel = kernel;
    this.shape = shape;
    this.epilogue = epilogue;
    this.blocks = blocks;
    this.rhs = rhs;
    this.lhs = lhs;
    this.dst = dst;
  }

  @Override
  void block(Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    kernel.run(
        shape,
        epilogue,
        blocks,
        frame.segment(lhs),
        frame.at(lhs),
        rhs,
        null,
        0,
        frame.segment(dst),
        frame.at(dst),
        mFrom,
        mTo,
        nFrom,
        nTo);
  }

  @Override
  public String kernel() {
    return kernel.name().toString();
  }
}
