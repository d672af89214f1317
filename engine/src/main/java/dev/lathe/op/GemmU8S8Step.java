package dev.lathe.op;

import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An integer batch-reduce product over images and groups. */
final class GemmU8S8Step extends GemmStep {

  /** Constants of one group; without packed weights, they lie in the operands' slot. */
  record Group(
      @Nullable MemorySegment packed,
      @Nullable MemorySegment zeroPoints,
      IntegerEpilogue epilogue) {}

  /** Where the operands lie; strides between images in bytes. */
  record Operands(
      Slot lhs,
      long lhsImageBytes,
      @Nullable Slot rhs,
      long rhsImageBytes,
      @Nullable Slot addend,
      Slot dst,
      long dstImageBytes,
      @Nullable MemorySegment zeroRow,
      Slot scratch,
      long scratchBytes) {}

  private final GemmU8S8 kernel;
  private final GemmShape shape;
  private final Group[] groups;
  private final Operands operands;

  /**
   * One product per image and group.
   *
   * @param shape of one group of one image
   */
  GemmU8S8Step(
      GemmU8S8 kernel, GemmShape shape, int images, List<Group> groups, Operands operands) {
    super(GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), images), groups.size());
    this.kernel = kernel;
    this.shape = shape;
    this.groups = groups.toArray(Group[]::new);
    this.operands = operands;
  }

  @Override
  void block(Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    Operands o = operands;
    Group constants = groups[group];
    MemorySegment packed = constants.packed;
    Slot rhs = o.rhs;
    long rhsAt = 0;
    if (packed == null) {
      packed = frame.segment(Objects.requireNonNull(rhs));
      rhsAt = frame.at(rhs) + image * o.rhsImageBytes;
    }
    long columnBytes = (long) constants.epilogue.dstBytes() * shape.n();
    long outAt = image * o.dstImageBytes + group * columnBytes;
    kernel.run(
        shape,
        constants.epilogue,
        frame.segment(o.lhs),
        frame.at(o.lhs) + image * o.lhsImageBytes + (long) group * shape.k(),
        packed,
        rhsAt,
        constants.zeroPoints,
        o.zeroRow,
        o.addend == null ? null : frame.segment(o.addend),
        o.addend == null ? 0 : frame.at(o.addend) + outAt,
        frame.segment(o.scratch),
        frame.at(o.scratch) + part * o.scratchBytes,
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
