package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An fp32 batch-reduce product over images and groups. */
final class GemmF32Step extends GemmStep {

  /**
   * Where the operands lie; strides between images in bytes. The packed rhs is constant per group,
   * or in a slot per image.
   */
  record Operands(
      Slot lhs,
      long lhsImageBytes,
      List<MemorySegment> packed,
      @Nullable Slot rhs,
      long rhsImageBytes,
      @Nullable Slot addend,
      Slot dst,
      long dstImageBytes,
      @Nullable MemorySegment zeroRow) {}

  private final GemmF32 kernel;
  private final GemmShape shape;
  private final FloatEpilogue[] epilogues;
  private final MemorySegment[] packed;
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
    this.packed = operands.packed().toArray(MemorySegment[]::new);
    this.operands = operands;
  }

  @Override
  void block(Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    Operands o = operands;
    MemorySegment rhs = o.rhs == null ? packed[group] : frame.segment(o.rhs);
    long rhsAt = o.rhs == null ? 0 : frame.at(o.rhs) + image * o.rhsImageBytes;
    long outAt = image * o.dstImageBytes + 4L * group * shape.n();
    kernel.run(
        shape,
        epilogues[group],
        frame.segment(o.lhs),
        frame.at(o.lhs) + image * o.lhsImageBytes + 4L * group * shape.k(),
        rhs,
        rhsAt,
        o.zeroRow,
        o.addend == null ? null : frame.segment(o.addend),
        o.addend == null ? 0 : frame.at(o.addend) + outAt,
        frame.segment(o.dst),
        frame.at(o.dst) + outAt,
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
