package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.op.IntegerProductStep.Finish;
import dev.lathe.op.IntegerProductStep.Rhs;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lowers a product of 8-bit matrices with zero points to exact int32 sums {@code sum over k of (A -
 * za) * (B - zb)}, wrapping modulo 2^32 as int32 does. Every form: either type on either side,
 * known ahead or not, zero points per matrix, per row of A, per column of B, any broadcast.
 *
 * <p>The kernel takes uint8 A' and int8 B', whose zero points moved along. What of
 *
 * <pre>
 * sum A' * B'  -  za * (sum over k of B')  -  zb * (sum over k of A')  +  K * za * zb
 * </pre>
 *
 * is known ahead goes to the kernel as bias and zero points; {@link Prepared#correction} does the
 * rest.
 */
final class IntegerProduct {

  /** The node's inputs. */
  record Inputs(int lhs, int lhsZero, int rhs, int rhsZero) {}

  private final Lowering lowering;
  private final Inputs inputs;
  private final ProductShapes shapes;
  private final ZeroPoint lhsZero;
  private final ZeroPoint rhsZero;
  private final @Nullable Tensor rhs;

  /** {@code sum over k of (B' - zb)} per matrix when B is known, else of B' in the run. */
  private final List<MemorySegment> columnSums = new ArrayList<>();

  private @Nullable Slot columnSumsInRun;

  private IntegerProduct(Lowering lowering, Inputs inputs, boolean mergeBatches) {
    this.lowering = lowering;
    this.inputs = inputs;
    boolean signedLhs = lowering.fact(inputs.lhs).dtype() == DType.INT8;
    boolean unsignedRhs = lowering.fact(inputs.rhs).dtype() == DType.UINT8;
    this.lhsZero = ZeroPoint.of(lowering, inputs.lhsZero, signedLhs ? 128 : 0);
    this.rhsZero = ZeroPoint.of(lowering, inputs.rhsZero, unsignedRhs ? -128 : 0);
    ProductShapes separate = shapes(lowering.inference(), inputs);
    this.shapes = mergeBatches && lhsZero.count() == 1 ? separate.merged() : separate;
    this.rhs = rhsZero.known() ? lowering.constant(inputs.rhs) : null;
  }

  /** Checks operands and zero points. */
  static ProductShapes infer(Inference inference, Inputs inputs) {
    Node node = inference.node();
    for (int input : new int[] {inputs.lhs, inputs.rhs}) {
      if (!inference.dtype(input).isInt8()) {
        throw Checks.unsupported(
            node, "input " + input + " is " + inference.dtype(input), "int8, uint8");
      }
    }
    ProductShapes shapes = shapes(inference, inputs);
    ZeroPoint.check(inference, inputs.lhs, inputs.lhsZero, shapes.m(), shapes.lhsMatrices());
    ZeroPoint.check(inference, inputs.rhs, inputs.rhsZero, shapes.n(), shapes.rhsMatrices());
    return shapes;
  }

  static IntegerProduct of(Lowering lowering, Inputs inputs) {
    return new IntegerProduct(lowering, inputs, true);
  }

  /**
   * The lowering of a node.
   *
   * @param mergeBatches whether a batch may become rows; false when what follows tells them apart
   */
  static IntegerProduct of(Lowering lowering, Inputs inputs, boolean mergeBatches) {
    return new IntegerProduct(lowering, inputs, mergeBatches);
  }

  private static ProductShapes shapes(Inference inference, Inputs inputs) {
    return ProductShapes.of(
        inference.node(), inference.shape(inputs.lhs), inference.shape(inputs.rhs));
  }

  /** As they are computed: a batch may have become rows. */
  ProductShapes shapes() {
    return shapes;
  }

  ZeroPoint lhsZero() {
    return lhsZero;
  }

  /** The sums over the columns of B minus its zero points when B is known and one matrix. */
  @Nullable MemorySegment knownColumnSums() {
    return rhs != null && shapes.rhsMatrices() == 1 ? columnSums.getFirst() : null;
  }

  /** Bytes of the sums, int32 [products][m][n]. */
  long sumBytes() {
    return 4L * shapes.products() * shapes.m() * shapes.n();
  }

  /** Emits what comes before the product, and gives the operands of its step. */
  Prepared prepare() {
    Slot lhs = ByteShiftStep.unsigned(lowering, inputs.lhs);
    GemmShape shape = GemmShape.product(shapes.m(), shapes.n(), shapes.k(), shapes.k(), shapes.n());
    Product sparse = rhs != null && shapes.products() == 1 ? sparse(shape, lhs, rhs) : null;
    return new Prepared(lhs, sparse == null ? dense(shape, lhs) : sparse);
  }

  private Product dense(GemmShape shape, Slot lhs) {
    GemmU8S8 kernel =
        lowering.kernels().pick(GemmU8S8.class, candidate -> candidate.accepts(shape));
    long packedBytes = kernel.rhsLayout().bytes(1, shapes.k(), shapes.n());
    Slot packed = rhs == null ? packedInRun(kernel, packedBytes) : null;
    List<Rhs> matrices = rhs == null ? unknownMatrices() : knownMatrices(kernel, rhs);
    long scratchBytes = Math.ceilDiv(kernel.scratchBytes(shape), 64L) * 64;
    return (sums, finish) ->
        lowering.emit(
            new IntegerProductStep(
                kernel,
                shape,
                shapes,
                matrices,
                new IntegerProductStep.Operands(
                    lhs,
                    (long) shapes.m() * shapes.k(),
                    packed,
                    packedBytes,
                    sums,
                    lowering.scratch(scratchBytes * lowering.threads()),
                    scratchBytes),
                finish));
  }

  /** On a sparse kernel where that is faster, or null. */
  private @Nullable Product sparse(GemmShape shape, Slot lhs, Tensor rhs) {
    int k = shapes.k();
    int n = shapes.n();
    int[] zeros = rhsZeros(0);
    byte[] values = signed(rhs);
    for (int i = 0; i < values.length; i++) {
      int value = values[i] - zeros[i % n];
      if (value != (byte) value) {
        return null;
      }
      values[i] = (byte) value;
    }
    Tensor centered = new Tensor(DType.INT8, rhs.shape(), MemorySegment.ofArray(values));
    RhsView view = RhsView.rowMajor(centered.data(), k, n);
    SpmmChoice<SpmmU8S8> choice =
        SpmmChoice.u8s8(
            lowering,
            shape,
            SpmmChoice.Problem.product(shapes.m(), k, n, k, n),
            centered,
            List.of(view));
    if (choice == null) {
      return null;
    }
    MemorySegment columns = sums(values, 0, new int[n]);
    columnSums.add(columns);
    MemorySegment packed =
        lowering.packed(
            QuantizedWeights.centeredKey(lowering.node(), inputs.rhs, inputs.rhsZero),
            choice.kernel().rhsLayout(choice.shape()),
            () -> view);
    List<SpmmU8S8Step.Group> groups =
        List.of(new SpmmU8S8Step.Group(packed, new StoreInt32(bias(columns))));
    return (sums, finish) ->
        SpmmU8S8Step.emit(
            lowering,
            choice,
            1,
            groups,
            new SpmmU8S8Step.Operands(lhs, 0, 0, null, sums, 0, finish));
  }

  private Slot packedInRun(GemmU8S8 kernel, long packedBytes) {
    Slot src = lowering.input(inputs.rhs);
    boolean unsigned = src.fact().dtype() == DType.UINT8;
    Slot signed = unsigned ? lowering.scratch(src.fact().shape().elements()) : src;
    Slot packed = lowering.scratch(packedBytes * shapes.rhsMatrices());
    columnSumsInRun = lowering.scratch(4L * shapes.rhsMatrices() * shapes.n());
    lowering.emit(
        new PackBytesStep(
            kernel.rhsLayout(),
            src,
            signed,
            packed,
            columnSumsInRun,
            shapes.rhsMatrices(),
            shapes.k(),
            shapes.n(),
            packedBytes));
    return packed;
  }

  private List<Rhs> unknownMatrices() {
    StoreInt32 plain = new StoreInt32(lowering.allocate(4L * shapes.n()));
    return Collections.nCopies(shapes.rhsMatrices(), new Rhs(null, null, plain));
  }

  /** The step that makes sums. */
  @FunctionalInterface
  private interface Product {

    void emit(Slot sums, Finish finish);
  }

  /** A product ready to be emitted. */
  final class Prepared {
    private final Slot lhs;
    private final Product product;

    private Prepared(Slot lhs, Product product) {
      this.lhs = lhs;
      this.product = product;
    }

    /**
     * Emits the product; {@code finish} takes the sums, {@link Prepared#correction} included if
     * wanted.
     */
    void emit(Slot sums, Finish finish) {
      product.emit(sums, finish);
    }

    /** Subtracts what of the zero points is known only in the run. */
    Finish correction(Slot sums) {
      if (rhs != null && lhsZero.known() && lhsZero.count() == 1) {
        return Finish.NONE;
      }
      return new ZeroPointCorrection(
          shapes, lhsZero, rhs == null ? rhsZero : null, lhs, columnSums, columnSumsInRun, sums);
    }
  }

  private List<Rhs> knownMatrices(GemmU8S8 kernel, Tensor rhs) {
    int k = shapes.k();
    int n = shapes.n();
    byte[] values = signed(rhs);
    List<Rhs> matrices = new ArrayList<>();
    for (int r = 0; r < shapes.rhsMatrices(); r++) {
      int matrix = r;
      int[] zeros = rhsZeros(r);
      MemorySegment zeroPoints = null;
      if (Arrays.stream(zeros).anyMatch(zero -> zero != 0)) {
        zeroPoints = lowering.allocate(4L * n);
        MemorySegment.copy(zeros, 0, zeroPoints, Tensor.I32, 0, n);
      }
      MemorySegment sums = sums(values, r, zeros);
      columnSums.add(sums);
      MemorySegment packed =
          lowering.packed(
              lowering.node().input(inputs.rhs) + "#bytes" + r,
              kernel.rhsLayout(),
              () ->
                  new RhsView(
                      MemorySegment.ofArray(values), (long) matrix * k * n, 1, k, n, 0, n, 1));
      matrices.add(new Rhs(packed, zeroPoints, new StoreInt32(bias(sums))));
    }
    return matrices;
  }

  /** The zero points of a matrix's columns. */
  private int[] rhsZeros(int matrix) {
    int[] zeros = new int[shapes.n()];
    for (int j = 0; j < zeros.length; j++) {
      zeros[j] = rhsZero.get(ZeroPoint.index(rhsZero.count(), matrix, zeros.length, j));
    }
    return zeros;
  }

  private static byte[] signed(Tensor rhs) {
    byte[] values = rhs.data().toArray(Tensor.I8);
    if (rhs.dtype() == DType.UINT8) {
      for (int i = 0; i < values.length; i++) {
        values[i] ^= (byte) 0x80;
      }
    }
    return values;
  }

  private MemorySegment sums(byte[] values, int matrix, int[] zeros) {
    int n = shapes.n();
    int[] sums = new int[n];
    int at = Math.multiplyExact(matrix, shapes.k() * n);
    for (int p = 0; p < shapes.k(); p++) {
      for (int j = 0; j < n; j++) {
        sums[j] += values[at++] - zeros[j];
      }
    }
    MemorySegment segment = lowering.allocate(4L * n);
    MemorySegment.copy(sums, 0, segment, Tensor.I32, 0, n);
    return segment;
  }

  private MemorySegment bias(MemorySegment sums) {
    MemorySegment bias = lowering.allocate(4L * shapes.n());
    if (lhsZero.known() && lhsZero.count() == 1) {
      for (int j = 0; j < shapes.n(); j++) {
        bias.set(Tensor.I32, 4L * j, -lhsZero.get(0) * sums.get(Tensor.I32, 4L * j));
      }
    }
    return bias;
  }
}
