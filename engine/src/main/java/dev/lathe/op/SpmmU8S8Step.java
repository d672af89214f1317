package dev.lathe.op;

import dev.lathe.kernel.IntegerEpilogue;
import dev.lathe.kernel.SlabShape;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.op.IntegerProductStep.Finish;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sparse integer product over images and groups. */
final class SpmmU8S8Step extends SpmmStep {

  /** Constants of one group. */
  record Group(MemorySegment packed, IntegerEpilogue epilogue) {}

  /**
   * Where the operands lie.
   *
   * @param lhsImageBytes between the images of the left operand
   * @param lhsZeroPoint what inputs outside an image are
   * @param dstImageBytes between the images of the result
   * @param finish what becomes of rows of results, all columns of the group
   */
  record Operands(
      Slot lhs,
      long lhsImageBytes,
      int lhsZeroPoint,
      @Nullable Slot addend,
      Slot dst,
      long dstImageBytes,
      Finish finish) {

    Operands(
        Slot lhs,
        long lhsImageBytes,
        int lhsZeroPoint,
        @Nullable Slot addend,
        Slot dst,
        long dstImageBytes) {
      this(lhs, lhsImageBytes, lhsZeroPoint, addend, dst, dstImageBytes, Finish.NONE);
    }
  }

  private final SpmmChoice<SpmmU8S8> choice;
  private final Group[] groups;
  private final Operands operands;
  private final Slot scratch;
  private final long scratchBytes;

  private SpmmU8S8Step(
      SpmmChoice<SpmmU8S8> choice,
      int images,
      List<Group> groups,
      Operands operands,
      Slot scratch,
      long scratchBytes) {
    super(choice, images, groups.size());
    this.choice = choice;
    this.groups = groups.toArray(Group[]::new);
    this.operands = operands;
    this.scratch = scratch;
    this.scratchBytes = scratchBytes;
  }

  static void emit(
      Lowering lowering,
      SpmmChoice<SpmmU8S8> choice,
      int images,
      List<Group> groups,
      Operands operands) {
    long bytes = Math.ceilDiv(choice.kernel().scratchBytes(choice.shape()), 64L) * 64;
    Slot scratch = lowering.scratch(bytes * lowering.threads());
    lowering.emit(new SpmmU8S8Step(choice, images, groups, operands, scratch, bytes));
  }

  @Override
  void rows(Frame frame, int part, int image, int group, int rowFrom, int rowTo) {
    Operands o = operands;
    SlabShape shape = choice.shape();
    IntegerEpilogue epilogue = groups[group].epilogue;
    long outAt = image * o.dstImageBytes + (long) epilogue.dstBytes() * group * shape.n();
    choice
        .kernel()
        .run(
            shape,
            epilogue,
            frame.segment(o.lhs),
            frame.at(o.lhs) + image * o.lhsImageBytes + (long) group * shape.k(),
            o.lhsZeroPoint,
            groups[group].packed,
            o.addend == null ? null : frame.segment(o.addend),
            o.addend == null ? 0 : frame.at(o.addend) + outAt,
            frame.segment(scratch),
            frame.at(scratch) + part * scratchBytes,
            frame.segment(o.dst),
            frame.at(o.dst) + outAt,
            rowFrom,
            rowTo);
    o.finish.block(frame, image, rowFrom, rowTo, 0, shape.n());
  }

  @Override
  public String kernel() {
    return choice.kernel().name().toString();
  }
}
