package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sparse fp32 product over images and groups. */
final class SpmmF32Step extends SpmmStep {

  /** Constants of one group. */
  record Group(MemorySegment packed, FloatEpilogue epilogue) {}

  /**
   * Where the operands lie.
   *
   * @param lhsImageBytes between the images of the left operand
   * @param dstImageBytes between the images of the result
   * @param activation applied to every result, or null
   */
  record Operands(
      Slot lhs,
      long lhsImageBytes,
      @Nullable Slot addend,
      Slot dst,
      long dstImageBytes,
      @Nullable FusedActivation activation) {}

  private final SpmmChoice<SpmmF32> choice;
  private final Group[] groups;
  private final Operands operands;

  SpmmF32Step(SpmmChoice<SpmmF32> choice, int images, List<Group> groups, Operands operands) {
    super(choice, images, groups.size());
    this.choice = choice;
    this.groups = groups.toArray(Group[]::new);
    this.operands = operands;
  }

  @Override
  void rows(Frame frame, int part, int image, int group, int rowFrom, int rowTo) {
    Operands o = operands;
    SlabShape shape = choice.shape();
    long outAt = image * o.dstImageBytes + 4L * group * shape.n();
    choice
        .kernel()
        .run(
            shape,
            groups[group].epilogue,
            frame.segment(o.lhs),
            frame.at(o.lhs) + image * o.lhsImageBytes + 4L * group * shape.k(),
            groups[group].packed,
            o.addend == null ? null : frame.segment(o.addend),
            o.addend == null ? 0 : frame.at(o.addend) + outAt,
            frame.segment(o.dst),
            frame.at(o.dst) + outAt,
            rowFrom,
            rowTo);
    if (o.activation != null) {
      int width = shape.width().out();
      long at = frame.at(o.dst) + outAt + 4L * rowFrom * width * shape.dstStride();
      o.activation.apply(
          frame.segment(o.dst), at, (rowTo - rowFrom) * width, shape.n(), shape.dstStride());
    }
  }

  @Override
  public String kernel() {
    FusedActivation activation = operands.activation;
    String name = choice.kernel().name().toString();
    return activation == null ? name : name + " " + activation.kernel().name();
  }
}
