package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.SignsF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A product of signs over groups. */
final class GemmB1Step extends FloatGemmStep {

  /** Constants of one group. */
  record Group(MemorySegment packed, MemorySegment scales, FloatEpilogue epilogue) {}

  /**
   * Where the operands lie: each row of the left one has those of all groups.
   *
   * @param nonzeroStep bytes to the plane of nonzeros, or 0
   */
  record Operands(Slot lhs, long nonzeroStep, @Nullable Slot addend) {}

  private final GemmB1 kernel;
  private final GemmShape shape;
  private final Group[] groups;
  private final Operands operands;
  private final long lhsGroupBytes;

  /**
   * One product per group.
   *
   * @param shape of one group
   */
  GemmB1Step(
      GemmB1 kernel, GemmShape shape, List<Group> groups, Operands operands, Results results) {
    super(GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), 1), groups.size(), results);
    this.kernel = kernel;
    this.shape = shape;
    this.groups = groups.toArray(Group[]::new);
    this.operands = operands;
    this.lhsGroupBytes = 4L * shape.taps() * SignsF32.words(shape.k());
  }

  @Override
  void product(Frame frame, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    Operands o = operands;
    kernel.run(
        shape,
        groups[group].epilogue,
        groups[group].scales,
        frame.segment(o.lhs),
        frame.at(o.lhs) + group * lhsGroupBytes,
        o.nonzeroStep,
        groups[group].packed,
        o.addend == null ? null : frame.segment(o.addend),
        o.addend == null ? 0 : frame.at(o.addend) + results.imageAt(image, group),
        frame.segment(results.dst()),
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
