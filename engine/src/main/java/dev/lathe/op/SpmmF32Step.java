package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.SlabShape;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sparse fp32 product over images and groups, split statically by blocks of output rows. */
final class SpmmF32Step implements Step {

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

  private final SpmmChoice choice;
  private final int images;
  private final int blocks;
  private final Group[] groups;
  private final Operands operands;

  SpmmF32Step(SpmmChoice choice, int images, List<Group> groups, Operands operands) {
    this.choice = choice;
    this.images = images;
    this.groups = groups.toArray(Group[]::new);
    this.operands = operands;
    this.blocks = Math.ceilDiv(choice.shape().height().out(), choice.shape().blockRows());
  }

  @Override
  public int parts(int threads) {
    return Math.clamp((long) images * blocks, 1, threads);
  }

  @Override
  public void run(Frame frame, int part, int parts) {
    long units = (long) images * blocks;
    long end = units * (part + 1) / parts;
    for (long unit = units * part / parts; unit < end; ) {
      int image = (int) (unit / blocks);
      int from = (int) (unit % blocks);
      int to = (int) Math.min(blocks, from + end - unit);
      SlabShape shape = choice.shape();
      int rowTo = Math.min(shape.height().out(), to * shape.blockRows());
      for (int group = 0; group < groups.length; group++) {
        rows(frame, image, group, from * shape.blockRows(), rowTo);
      }
      unit += to - from;
    }
  }

  private void rows(Frame frame, int image, int group, int rowFrom, int rowTo) {
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
