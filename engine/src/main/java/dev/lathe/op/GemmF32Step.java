package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;

/** An fp32 batch-reduce product over images and groups. */
final class GemmF32Step extends GemmStep {

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

  private final GemmF32 kernel;
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
      GemmF32 kernel,
      GemmShape shape,
      int images,
      List<FloatEpilogue> epilogues,
      Operands operands) {
    super(GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), images), epilogues.size());
    this.kernel = kernel;
    this.shape = shape;
    this.epilogues = epilogues.toArray(FloatEpilogue[]::new);
    this.operands = operands;
  }

  @Override
  void block(Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    FusedActivation activation = operands.activation;
    if (activation == null) {
      product(frame, image, group, mFrom, mTo, nFrom, nTo);
      return;
    }
    int rows = FusedActivation.chunkRows(nTo - nFrom, kernel.mr());
    for (int m = mFrom; m < mTo; m += rows) {
      int end = Math.min(mTo, m + rows);
      product(frame, image, group, m, end, nFrom, nTo);
      long at = dstAt(frame, image, group) + 4 * (m * shape.dstStride() + nFrom);
      MemorySegment dst = frame.segment(operands.dst);
      activation.apply(dst, at, end - m, nTo - nFrom, shape.dstStride());
    }
  }

  private long imageAt(int image, int group) {
    return image * operands.dstImageBytes + 4L * group * shape.n();
  }

  private long dstAt(Frame frame, int image, int group) {
    return frame.at(operands.dst) + imageAt(image, group);
  }

  private void product(Frame frame, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
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
        o.addend == null ? 0 : frame.at(o.addend) + imageAt(image, group),
        frame.segment(o.dst),
        dstAt(frame, image, group),
        mFrom,
        mTo,
        nFrom,
        nTo);
  }

  @Override
  public String kernel() {
    FusedActivation activation = operands.activation;
    return activation == null
        ? kernel.name().toString()
        : kernel.name() + " " + activation.kernel().name();
  }
}
