package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32Levels;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.GemmLevels;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.LevelBlocks;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.pack.PackedLevels;
import dev.lathe.kernel.pack.PanelsF32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * com.microsoft MatMulNBits (A, B, scales, zero_points, g_idx, bias): float32 A [..., K] times
 * weights of 2, 4 or 8 bits, with a scale per block of K; see {@link NBitsWeights}. Of one row it
 * reads the levels packed, with activations rounded to int8 where {@code accuracy_level} is 4; more
 * rows pay for float32 panels: the weights are dequantized once, when the model is planned.
 */
final class MatMulNBits implements Operator {

  /** The accuracy_level that asks for no more than activations of int8. */
  private static final int INT8 = 4;

  private static final int ZERO_POINTS = 3;
  private static final int GROUPS = 4;
  private static final int BIAS = 5;

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("MatMulNBits"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    NBitsWeights.Form form = NBitsWeights.Form.of(node);
    Checks.requireF32(inference, 0);
    Shape a = inference.shape(0);
    if (a.rank() < 1 || a.dim(-1) != form.k()) {
      throw GraphErrors.invalid(node, "A is " + a + ", expected " + form.k() + " columns");
    }
    Checks.requireF32(inference, 2);
    require(inference, 1, "weights", (long) form.n() * form.blocks() * form.blockBytes());
    require(inference, 2, "scales", (long) form.n() * form.blocks());
    if (inference.has(GROUPS)) {
      throw Checks.unsupported(node, "g_idx is given", "blocks in order, without g_idx");
    }
    if (inference.has(ZERO_POINTS)) {
      boolean packed = inference.dtype(ZERO_POINTS) == DType.UINT8;
      int perColumn = packed ? form.zeroBytes() : form.blocks();
      if (!packed) {
        Checks.requireF32(inference, ZERO_POINTS);
      }
      require(inference, ZERO_POINTS, "zero points", (long) form.n() * perColumn);
    }
    if (inference.has(BIAS)) {
      Checks.requireF32(inference, BIAS);
      require(inference, BIAS, "bias", form.n());
    }
    return Checks.one(DType.FLOAT32, a.with(-1, form.n()));
  }

  private static void require(Inference inference, int input, String what, long elements) {
    Tensor value = inference.requireValue(input, what);
    if (value.elements() != elements) {
      throw GraphErrors.invalid(
          inference.node(),
          what + " (" + value + ") have not the " + elements + " elements of the attributes");
    }
  }

  @Override
  public void lower(Lowering lowering) {
    NBitsWeights.Form form = NBitsWeights.Form.of(lowering.node());
    Tensor bias = lowering.has(BIAS) ? lowering.inference().requireValue(BIAS, "bias") : null;
    FloatEpilogue epilogue = Operands.epilogue(lowering, bias, 0, form.n(), 0);
    int m = Math.toIntExact(lowering.fact(0).shape().elements() / form.k());
    GemmShape shape = GemmShape.product(m, form.n(), form.k(), form.k(), form.n());
    Node node = lowering.node();
    String weights = node.input(1) + " " + node.input(2) + " " + node.input(ZERO_POINTS);
    String key = weights + "#bits" + form.bits() + "/" + form.block();
    if (m == 1) {
      packed(lowering, form, key, shape, epilogue);
    } else {
      dense(lowering, form, key, shape, epilogue);
    }
  }

  /** Whether the node lets activations be rounded to int8, and a kernel does it exactly. */
  private static boolean mayRound(Node node, NBitsWeights.Form form) {
    return node.intAttribute("accuracy_level", 0) == INT8
        && form.bits() < 8
        && form.block() <= GemmS8Levels.MAX_BLOCK;
  }

  private static NBitsWeights weights(Lowering lowering, NBitsWeights.Form form) {
    return new NBitsWeights(
        form,
        lowering.inference().requireValue(1, "weights"),
        lowering.inference().requireValue(2, "scales"),
        lowering.has(ZERO_POINTS)
            ? lowering.inference().requireValue(ZERO_POINTS, "zero points")
            : null);
  }

  private static void packed(
      Lowering lowering,
      NBitsWeights.Form form,
      String key,
      GemmShape shape,
      FloatEpilogue epilogue) {
    Class<? extends GemmLevels> contract =
        mayRound(lowering.node(), form) ? GemmS8Levels.class : GemmF32Levels.class;
    GemmLevels kernel =
        lowering.kernels().pick(contract, candidate -> candidate.bits() == form.bits());
    NBitsWeights weights = weights(lowering, form);
    PanelsF32 perBlock = new PanelsF32(PackedLevels.NR);
    int blocks = form.blocks();
    int n = form.n();
    MemorySegment rhs =
        lowering.packed(
            key, kernel.rhsLayout(), () -> RhsView.transposed(weights.signedLevels(), form.k(), n));
    MemorySegment scales =
        lowering.packed(
            key + " scales",
            perBlock,
            () -> RhsView.transposed(weights.scales().data(), blocks, n));
    MemorySegment zeros =
        lowering.has(ZERO_POINTS)
            ? lowering.packed(
                key + " zero points",
                perBlock,
                () -> RhsView.transposed(weights.signedZeroPoints(), blocks, n))
            : null;
    lowering.emit(
        new GemmLevelsStep(
            kernel,
            shape,
            epilogue,
            new LevelBlocks(form.block(), scales, zeros),
            rhs,
            lowering.input(0),
            lowering.output(0)));
  }

  private static void dense(
      Lowering lowering,
      NBitsWeights.Form form,
      String key,
      GemmShape shape,
      FloatEpilogue epilogue) {
    GemmFloat kernel = lowering.kernels().pickConstantProduct();
    MemorySegment packed =
        lowering.packed(
            key,
            kernel.rhsLayout(),
            () -> RhsView.transposed(weights(lowering, form).dequantized(), form.k(), form.n()));
    lowering.emit(
        new GemmF32Step(
            kernel,
            shape,
            1,
            List.of(epilogue),
            new GemmF32Step.Operands(
                lowering.input(0),
                image -> 0,
                GemmRhs.perGroup(List.of(packed)),
                null,
                lowering.output(0),
                0,
                null,
                null)));
  }
}
