package dev.lathe.op;

import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A contraction of two fp32 operands as a batched matrix product. Every label is one of four:
 *
 * <pre>
 *           in lhs   in rhs   in result
 * batch       x        x         x
 * rows        x                  x
 * columns              x         x
 * depth       x        x
 *
 * lhs [batch, rows, depth] x rhs [batch, depth, columns] -> [batch, rows, columns]
 * </pre>
 *
 * Operands and result that lie in another order are transposed before and after. A constant right
 * operand without batch is packed at planning time.
 */
final class EinsumProduct {

  /** Fewer columns would leave most of a vector empty. */
  private static final int LEAST_COLUMNS = 4;

  private final EinsumEquation equation;
  private final EinsumView lhs;
  private final EinsumView rhs;
  private final int rhsInput;
  private final int[] batch;
  private final int[] rows;
  private final int[] columns;
  private final int[] depth;

  private EinsumProduct(
      EinsumEquation equation, EinsumView lhs, EinsumView rhs, int rhsInput, int[] kept) {
    this.equation = equation;
    this.lhs = lhs;
    this.rhs = rhs;
    this.rhsInput = rhsInput;
    this.batch = select(kept, label -> lhs.has(label) && rhs.has(label));
    this.rows = select(kept, label -> lhs.has(label) && !rhs.has(label));
    this.columns = select(kept, label -> !lhs.has(label) && rhs.has(label));
    this.depth =
        select(
            lhs.labels(),
            label -> rhs.has(label) && IntStream.of(kept).noneMatch(other -> other == label));
  }

  private static int[] select(int[] labels, IntPredicate predicate) {
    return IntStream.of(labels).filter(predicate).toArray();
  }

  /**
   * The product, with the operands exchanged if that gives longer rows of columns, or null when it
   * is not worth one.
   *
   * @param lhsInput which input of the node an operand is, or -1
   * @param kept labels to keep, in the order of the result
   */
  static @Nullable EinsumProduct of(
      EinsumEquation equation,
      EinsumView lhs,
      int lhsInput,
      EinsumView rhs,
      int rhsInput,
      int[] kept) {
    if (lhs.type() != DType.FLOAT32 || rhs.type() != DType.FLOAT32) {
      return null;
    }
    EinsumProduct product = new EinsumProduct(equation, lhs, rhs, rhsInput, kept);
    EinsumProduct exchanged = new EinsumProduct(equation, rhs, lhs, lhsInput, kept);
    return product.isWorthwhile() ? product : exchanged.isWorthwhile() ? exchanged : null;
  }

  private boolean isWorthwhile() {
    long m = equation.product(rows);
    long n = equation.product(columns);
    long k = equation.product(depth);
    long b = equation.product(batch);
    return n >= LEAST_COLUMNS
        && k > 1
        && Math.min(m, b) > 0
        && Math.max(Math.max(m, n), Math.max(k, b)) <= Integer.MAX_VALUE;
  }

  /**
   * Emits the product.
   *
   * @param target where the result goes; null for a scratch value in the order of the product
   */
  EinsumView emit(Lowering lowering, @Nullable EinsumView target) {
    int[] order = join(batch, rows, columns);
    EinsumView result = target != null && target.isDense(order) ? target : scratch(lowering, order);
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    int m = (int) equation.product(rows);
    int n = (int) equation.product(columns);
    int k = (int) equation.product(depth);
    int matrices = (int) equation.product(batch);
    long packedBytes = kernel.rhsLayout().bytes(1, k, n);
    Slot left = dense(lowering, lhs, join(batch, rows, depth)).slot();
    Tensor constant = rhsInput < 0 || matrices != 1 ? null : lowering.constant(rhsInput);
    GemmRhs right;
    if (constant != null) {
      right =
          GemmRhs.perGroup(
              List.of(
                  lowering.packed(
                      lowering.node().input(rhsInput) + "#einsum " + packing(),
                      kernel.rhsLayout(),
                      () -> RhsView.rowMajor(gathered(constant), k, n))));
    } else {
      Slot plain = dense(lowering, rhs, join(batch, depth, columns)).slot();
      long matrix = (long) k * n;
      Slot packed =
          PackRhsStep.emit(lowering, kernel.rhsLayout(), plain, matrices, 1, k, n, matrix, 0, n, 1);
      right = GemmRhs.inSlot(packed, packedBytes, image -> image);
    }
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, n, k, k, n),
            matrices,
            List.of(FloatEpilogue.NONE),
            new GemmF32Step.Operands(
                left,
                image -> 4L * m * k * image,
                right,
                null,
                result.slot(),
                4L * m * n,
                null,
                null)));
    if (target != null && target != result) {
      result.emitCopy(lowering, target, order);
      return target;
    }
    return result;
  }

  private static int[] join(int[] first, int[] second, int[] third) {
    return IntStream.concat(
            IntStream.of(first), IntStream.concat(IntStream.of(second), IntStream.of(third)))
        .toArray();
  }

  private EinsumView scratch(Lowering lowering, int[] order) {
    Slot slot = lowering.scratch(4 * equation.product(order));
    return EinsumView.dense(equation, slot, DType.FLOAT32, order);
  }

  private EinsumView dense(Lowering lowering, EinsumView view, int[] order) {
    if (view.isDense(order)) {
      return view;
    }
    EinsumView copy = scratch(lowering, order);
    view.emitCopy(lowering, copy, order);
    return copy;
  }

  /** What the packed right operand depends on but the constant itself. */
  private String packing() {
    int[] order = join(batch, depth, columns);
    long[] extents = IntStream.of(order).mapToLong(equation::extent).toArray();
    return depth.length + Arrays.toString(extents) + Arrays.toString(rhs.strides(order));
  }

  /** The constant right operand in the order depth, columns. */
  private MemorySegment gathered(Tensor constant) {
    int[] order = join(batch, depth, columns);
    long[] extents = IntStream.of(order).mapToLong(equation::extent).toArray();
    Nest nest = Nest.of(extents, rhs.strides(order));
    MemorySegment values = MemorySegment.ofArray(new float[Math.toIntExact(nest.outer(0))]);
    for (long i = 0; i < nest.outer(0); i++) {
      values.set(Tensor.F32, 4 * i, constant.f32(nest.offset(0, i, 0)));
    }
    return values;
  }
}
