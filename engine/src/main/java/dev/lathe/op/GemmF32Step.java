package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** An fp32 batch-reduce product over images and groups. */
final class GemmF32Step extends FloatGemmStep {

  /**
   * Where the operands lie.
   *
   * @param lhsImage byte offset of an image's left operand
   * @param dstImageBytes between the images of the result
   * @param activation applied to every result, or null
   */
  record Operands(
      Slot lhs,
      IntToLongFunction lhsImage,
      GemmRhs rhs,
      @Nullable Slot addend,
      Slot dst,
      long dstImageBytes,
      @Nullable MemorySegment zeroRow,
      @Nullable FusedActivation activation) {}

  private final GemmFloat kernel;
  private final GemmShape shape;
  private final FloatEpilogue[] epilogues;
  private final Operands operands;

  /**
   * One product per image and group.
   *
   * @param shape of one group of one image
   * @param epilogues one per group
   */
  GemmF32Step(
      GemmFloat kernel,
      GemmShape shape,
      int images,
      List<FloatEpilogue> epilogues,
      Operands operands) {
    super(
        GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), images),
        epilogues.size(),
        new Results(
            operands.dst,
            operands.dstImageBytes,
            shape.n(),
            shape.dstStride(),
            operands.activation));
    this.kernel = kernel;
    this.shape = shape;
    this.epilogues = epilogues.toArray(FloatEpilogue[]::new);
    this.operands = operands;
  }

  @Override
  void product(Frame frame, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    Operands o = operands;
    kernel.run(
        shape,
        epilogues[group],
        frame.segment(o.lhs),
        frame.at(o.lhs) + o.lhsImage.applyAsLong(image) + 4L * group * shape.k(),
        o.rhs.segment(frame, image, group),
        o.rhs.at(frame, image, group),
        o.zeroRow,
        o.addend == null ? null : frame.segment(o.addend),
        o.addend == null ? 0 : frame.at(o.addend) + results.imageAt(image, group),
        frame.segment(o.dst),
        results.at(frame, image, group),
        mFrom,
        mTo,
        nFrom,
        nTo);
  }

  @Override
  String product() {
    return kernel.name().toString();
  }
}
