package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * com.microsoft MatMulNBits (A, B, scales, zero_points, g_idx, bias): float32 A [..., K] times
 * weights of 2, 4 or 8 bits, {@code (level - zero point) * scale} with a scale per block of K. B is
 * uint8 [N, blocks, block bytes], first level in the lowest bits; without zero points they are half
 * the levels. The weights are dequantized once, when the model is planned.
 */
final class MatMulNBits implements Operator {

  private static final int ZERO_POINTS = 3;
  private static final int GROUPS = 4;
  private static final int BIAS = 5;

  /** How the levels lie. */
  private record Form(int n, int k, int bits, int block) {

    static Form of(Node node) {
      Form form =
          new Form(
              Math.toIntExact(Checks.requireInt(node, "N")),
              Math.toIntExact(Checks.requireInt(node, "K")),
              Math.toIntExact(node.intAttribute("bits", 4)),
              Math.toIntExact(Checks.requireInt(node, "block_size")));
      if (form.bits != 2 && form.bits != 4 && form.bits != 8) {
        throw Checks.unsupported(node, "weights of " + form.bits + " bits", "2, 4 or 8 bits");
      }
      if (form.n < 1 || form.k < 1 || form.block < 16 || Integer.bitCount(form.block) != 1) {
        throw GraphErrors.invalid(
            node, "N, K must be positive and block_size a power of 2 of at least 16: " + form);
      }
      return form;
    }

    int blocks() {
      return Math.ceilDiv(k, block);
    }

    int blockBytes() {
      return block * bits / 8;
    }

    /** Bytes of the packed zero points of a column. */
    int zeroBytes() {
      return Math.ceilDiv(blocks() * bits, 8);
    }

    int level(Tensor bytes, long at, int index) {
      int perByte = 8 / bits;
      int value = Byte.toUnsignedInt(bytes.data().get(Tensor.I8, at + index / perByte));
      return (value >> (index % perByte * bits)) & ((1 << bits) - 1);
    }
  }

  @Override
  public List<Key> keys() {
    return List.of(Microsoft.key("MatMulNBits"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    Form form = Form.of(node);
    Checks.requireF32(inference, 0);
    Shape a = inference.shape(0);
    if (a.rank() < 1 || a.dim(-1) != form.k) {
      throw GraphErrors.invalid(node, "A is " + a + ", expected " + form.k + " columns");
    }
    Checks.requireF32(inference, 2);
    require(inference, 1, "weights", (long) form.n * form.blocks() * form.blockBytes());
    require(inference, 2, "scales", (long) form.n * form.blocks());
    if (inference.has(GROUPS)) {
      throw Checks.unsupported(node, "g_idx is given", "blocks in order, without g_idx");
    }
    if (inference.has(ZERO_POINTS)) {
      boolean packed = inference.dtype(ZERO_POINTS) == DType.UINT8;
      int perColumn = packed ? form.zeroBytes() : form.blocks();
      if (!packed) {
        Checks.requireF32(inference, ZERO_POINTS);
      }
      require(inference, ZERO_POINTS, "zero points", (long) form.n * perColumn);
    }
    if (inference.has(BIAS)) {
      Checks.requireF32(inference, BIAS);
      require(inference, BIAS, "bias", form.n);
    }
    return Checks.one(DType.FLOAT32, a.with(-1, form.n));
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
    Form form = Form.of(lowering.node());
    int m = Math.toIntExact(lowering.fact(0).shape().elements() / form.k);
    GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
    MemorySegment packed =
        lowering.packed(
            lowering.node().input(1) + "#bits" + form.bits + "/" + form.block,
            kernel.rhsLayout(),
            () -> RhsView.transposed(dequantized(lowering, form), form.k, form.n));
    Tensor bias = lowering.has(BIAS) ? lowering.inference().requireValue(BIAS, "bias") : null;
    FloatEpilogue epilogue = Operands.epilogue(lowering, bias, 0, form.n, 0);
    lowering.emit(
        new GemmF32Step(
            kernel,
            GemmShape.product(m, form.n, form.k, form.k, form.n),
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

  private static MemorySegment dequantized(Lowering lowering, Form form) {
    Tensor weights = lowering.inference().requireValue(1, "weights");
    Tensor scales = lowering.inference().requireValue(2, "scales");
    Tensor zeros =
        lowering.has(ZERO_POINTS)
            ? lowering.inference().requireValue(ZERO_POINTS, "zero points")
            : null;
    float[] values = new float[Math.multiplyExact(form.n, form.k)];
    for (int n = 0; n < form.n; n++) {
      for (int b = 0; b < form.blocks(); b++) {
        long at = ((long) n * form.blocks() + b) * form.blockBytes();
        float scale = scales.f32((long) n * form.blocks() + b);
        float zero = zeroPoint(form, zeros, n, b);
        int first = b * form.block;
        for (int k = first; k < Math.min(form.k, first + form.block); k++) {
          values[n * form.k + k] = (form.level(weights, at, k - first) - zero) * scale;
        }
      }
    }
    return MemorySegment.ofArray(values);
  }

  private static float zeroPoint(Form form, @Nullable Tensor zeros, int n, int block) {
    if (zeros == null) {
      return 1 << (form.bits - 1);
    }
    return zeros.dtype() == DType.UINT8
        ? form.level(zeros, (long) n * form.zeroBytes(), block)
        : zeros.f32((long) n * form.blocks() + block);
  }
}
