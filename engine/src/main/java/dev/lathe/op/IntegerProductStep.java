package dev.lathe.op;

import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Integer products with int32 sums, one per pair of matrices, and what follows the sums of a block
 * while they are in the cache.
 */
final class IntegerProductStep extends GemmStep {

  /** What becomes of a block of sums; runs on the thread that computed them. */
  @FunctionalInterface
  interface Finish {

    /** Sums of nothing but themselves. */
    Finish NONE = (frame, product, mFrom, mTo, nFrom, nTo) -> {};

    void block(Frame frame, int product, int mFrom, int mTo, int nFrom, int nTo);

    /** This, then the next. */
    default Finish then(Finish next) {
      return (frame, product, mFrom, mTo, nFrom, nTo) -> {
        block(frame, product, mFrom, mTo, nFrom, nTo);
        next.block(frame, product, mFrom, mTo, nFrom, nTo);
      };
    }
  }

  /**
   * One matrix B.
   *
   * @param packed null when it lies in the slot of packed matrices
   */
  record Rhs(
      @Nullable MemorySegment packed, @Nullable MemorySegment zeroPoints, StoreInt32 epilogue) {}

  /** Where things lie: bytes between the matrices of A and of packed B. */
  record Operands(
      Slot lhs,
      long lhsBytes,
      @Nullable Slot packed,
      long packedBytes,
      Slot sums,
      Slot scratch,
      long scratchBytes) {}

  private final GemmU8S8 kernel;
  private final GemmShape shape;
  private final ProductShapes shapes;
  private final Rhs[] matrices;
  private final Operands operands;
  private final Finish finish;

  IntegerProductStep(
      GemmU8S8 kernel,
      GemmShape shape,
      ProductShapes shapes,
      List<Rhs> matrices,
      Operands operands,
      Finish finish) {
    super(GemmParts.of(shape.m(), shape.n(), kernel.mr(), kernel.nr(), shapes.products()), 1);
    this.kernel = kernel;
    this.shape = shape;
    this.shapes = shapes;
    this.matrices = matrices.toArray(Rhs[]::new);
    this.operands = operands;
    this.finish = finish;
  }

  @Override
  void block(Frame frame, int part, int image, int group, int mFrom, int mTo, int nFrom, int nTo) {
    Operands o = operands;
    int matrix = shapes.rhsMatrix(image);
    Rhs rhs = matrices[matrix];
    MemorySegment packed = rhs.packed;
    long packedAt = 0;
    if (packed == null) {
      Slot slot = Objects.requireNonNull(o.packed);
      packed = frame.segment(slot);
      packedAt = frame.at(slot) + matrix * o.packedBytes;
    }
    kernel.run(
        shape,
        rhs.epilogue,
        frame.segment(o.lhs),
        frame.at(o.lhs) + shapes.lhsMatrix(image) * o.lhsBytes,
        packed,
        packedAt,
        rhs.zeroPoints,
        null,
        null,
        0,
        frame.segment(o.scratch),
        frame.at(o.scratch) + part * o.scratchBytes,
        frame.segment(o.sums),
        frame.at(o.sums) + 4L * image * shape.m() * shape.n(),
        mFrom,
        mTo,
        nFrom,
        nTo);
    finish.block(frame, image, mFrom, mTo, nFrom, nTo);
  }

  @Override
  public String kernel() {
    return kernel.name().toString();
  }
}
