package dev.lathe.op;

import dev.lathe.kernel.BinaryF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The steps of an fp32 {@link ProductForm}: a right operand known ahead is packed once, another in
 * the run; rows that all meet the same matrix are one tall product.
 */
final class ProductSteps {

  private final Lowering lowering;
  private final ProductForm form;
  private final GemmFloat kernel;

  private ProductSteps(Lowering lowering, ProductForm form) {
    this.lowering = lowering;
    this.form = form;
    this.kernel =
        lowering.constant(1) == null
            ? lowering.kernels().pick(GemmF32.class)
            : lowering.kernels().pickConstantProduct();
  }

  /**
   * Emits the product of inputs 0 and 1 into output 0.
   *
   * @param addend as large as the result, or null
   */
  static void emit(
      Lowering lowering,
      ProductForm form,
      FloatEpilogue epilogue,
      @Nullable Slot addend,
      @Nullable FusedActivation activation) {
    Slot dst = lowering.output(0);
    if (form.result().elements() > 0) {
      new ProductSteps(lowering, form).emit(epilogue, addend, activation, dst);
    }
  }

  private void emit(
      FloatEpilogue epilogue,
      @Nullable Slot addend,
      @Nullable FusedActivation activation,
      Slot dst) {
    int n = form.n();
    int k = form.k();
    boolean tall = form.isTall();
    int m = tall ? form.tallRows() : form.m();
    long lhsBytes = 4L * form.m() * k;
    if (tall && sparse(m, epilogue, addend, activation, dst)) {
      return;
    }
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, n, k, k, n),
            tall ? 1 : form.products(),
            List.of(epilogue),
            new GemmF32Step.Operands(
                lhs(),
                image -> lhsBytes * form.lhsMatrix(image),
                rhs(),
                addend,
                dst,
                4L * form.m() * n,
                null,
                activation)));
  }

  /** Emits a sparse product where that is faster; says whether it did. */
  private boolean sparse(
      int m,
      FloatEpilogue epilogue,
      @Nullable Slot addend,
      @Nullable FusedActivation activation,
      Slot dst) {
    int n = form.n();
    int k = form.k();
    Tensor weights = lowering.constant(1);
    if (weights == null) {
      return false;
    }
    RhsView view = view(weights, 0);
    SpmmChoice<SpmmF32> choice =
        SpmmChoice.f32(lowering, SpmmChoice.Problem.product(m, k, n, k, n), weights, List.of(view));
    if (choice == null) {
      return false;
    }
    MemorySegment packed =
        lowering.packed(key(0), choice.kernel().rhsLayout(choice.shape()), () -> view);
    lowering.emit(
        new SpmmF32Step(
            choice,
            1,
            List.of(new SpmmF32Step.Group(packed, epilogue)),
            new SpmmF32Step.Operands(lhs(), 0, addend, dst, 0, activation)));
    return true;
  }

  private Slot lhs() {
    long m = form.m();
    long k = form.k();
    Slot src = lowering.input(0);
    if (!form.transA() || m == 1 || k == 1) {
      return src;
    }
    Slot rows = lowering.scratch(4 * m * k * form.lhsMatrices());
    StridedCopy.emit(
        lowering,
        "transpose",
        4,
        new long[] {form.lhsMatrices(), m, k},
        src,
        0,
        new long[] {m * k, 1, m},
        rows,
        0,
        new long[] {m * k, k, 1});
    return rows;
  }

  private GemmRhs rhs() {
    int n = form.n();
    int k = form.k();
    PackedLayout layout = kernel.rhsLayout();
    Tensor known = lowering.constant(1);
    if (known != null) {
      List<MemorySegment> packed = new ArrayList<>();
      for (int matrix = 0; matrix < form.rhsMatrices(); matrix++) {
        packed.add(packed(layout, known, matrix));
      }
      return form.isTall() ? GemmRhs.perGroup(packed) : GemmRhs.perImage(packed, form::rhsMatrix);
    }
    int matrices = form.rhsMatrices();
    long kStride = form.transB() ? 1 : n;
    long nStride = form.transB() ? k : 1;
    long matrixStride = (long) n * k;
    Slot packed =
        PackRhsStep.emit(
            lowering,
            layout,
            lowering.input(1),
            matrices,
            1,
            k,
            n,
            matrixStride,
            0,
            kStride,
            nStride);
    long bytes = layout.bytes(1, k, n);
    if (form.alpha() != 1) {
      scale(lowering, form.alpha(), packed, packed, bytes * matrices / 4);
    }
    return GemmRhs.inSlot(packed, bytes, form.isTall() ? image -> 0 : form::rhsMatrix);
  }

  private MemorySegment packed(PackedLayout layout, Tensor rhs, int matrix) {
    return lowering.packed(key(matrix), layout, () -> view(rhs, matrix));
  }

  private String key(int matrix) {
    String transposed = form.transB() ? "T" : "";
    return lowering.node().input(1) + "#product" + transposed + matrix + "*" + form.alpha();
  }

  private RhsView view(Tensor rhs, int matrix) {
    int n = form.n();
    int k = form.k();
    MemorySegment data = scaled(rhs.data(), 4L * k * n * matrix, 4L * k * n, form.alpha());
    return form.transB() ? RhsView.transposed(data, k, n) : RhsView.rowMajor(data, k, n);
  }

  private static MemorySegment scaled(MemorySegment data, long at, long bytes, float factor) {
    MemorySegment slice = data.asSlice(at, bytes);
    if (factor == 1) {
      return slice;
    }
    float[] values = new float[(int) (bytes / 4)];
    for (int i = 0; i < values.length; i++) {
      values[i] = factor * slice.get(Tensor.F32, 4L * i);
    }
    return MemorySegment.ofArray(values);
  }

  /** Emits {@code dst = factor * src} over {@code count} elements; both may be the same. */
  static void scale(Lowering lowering, float factor, Slot src, Slot dst, long count) {
    BinaryF32 multiply = lowering.kernels().pick(BinaryF32.class);
    MemorySegment scalar = lowering.allocate(4);
    scalar.set(Tensor.F32, 0, factor);
    lowering.emit(
        RangeStep.elements(
            multiply.name().toString(),
            count,
            (frame, from, to) ->
                multiply.run(
                    BinaryF32.Function.MUL,
                    frame.segment(src),
                    frame.at(src) + 4 * from,
                    1,
                    scalar,
                    0,
                    0,
                    frame.segment(dst),
                    frame.at(dst) + 4 * from,
                    to - from)));
  }
}
