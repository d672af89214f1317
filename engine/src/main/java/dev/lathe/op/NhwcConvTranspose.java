package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * dev.lathe.ConvTranspose: fp32 transposed convolution over NHWC or NDHWC with a fused epilogue.
 * Inputs x [N, H, W, C], w [C, M/group, kH, kW] (constant), bias [M] (constant, optional);
 * attributes of ONNX ConvTranspose, the clamp {@code min}, {@code max} and a {@link
 * FusedActivation}.
 *
 * <p>With stride s the outputs at one residue modulo s, a phase, see the same taps, each as a
 * convolution of stride 1 would: a phase is one batch-reduce product over the taps that reach it,
 * without a multiplication by an inserted zero. Phases are computed one after the other and then
 * interleaved; a single phase is the result itself.
 */
final class NhwcConvTranspose implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("ConvTranspose"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Checks.requireF32(inference, 0);
    Checks.requireF32(inference, 1);
    ConvTranspose.Form form = form(inference);
    form.requireBias(inference);
    return Checks.one(
        DType.FLOAT32,
        Gather.join(
            new long[] {form.batch()}, form.window().outputs(), new long[] {form.outputs()}));
  }

  private static ConvTranspose.Form form(Inference inference) {
    Shape x = inference.shape(0);
    return ConvTranspose.Form.of(inference.node(), x, inference.shape(1), 1, x.intDim(-1));
  }

  @Override
  public void lower(Lowering lowering) {
    ConvTranspose.Form form = form(lowering.inference());
    TransposedWindow window = form.window().raised();
    Slot dst = lowering.output(0);
    if (dst.fact().shape().elements() == 0) {
      return;
    }
    for (int d = 0; d < Math.min(window.stride(0), window.out(0)); d++) {
      for (int h = 0; h < Math.min(window.stride(1), window.out(1)); h++) {
        for (int w = 0; w < Math.min(window.stride(2), window.out(2)); w++) {
          new Phase(lowering, form, window, new int[] {d, h, w}).emit(dst);
        }
      }
    }
  }

  /** The outputs whose positions are {@code first} modulo the strides. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Phase(
      Lowering lowering, ConvTranspose.Form form, TransposedWindow window, int[] first) {

    /** Outputs along an axis. */
    private int extent(int axis) {
      return Math.ceilDiv(window.out(axis) - first[axis], window.stride(axis));
    }

    private int output(int axis, int index) {
      return first[axis] + index * window.stride(axis);
    }

    void emit(Slot dst) {
      int m = extent(0) * extent(1) * extent(2);
      int outputs = form.outputs();
      boolean whole = window.stride(0) * window.stride(1) * window.stride(2) == 1;
      Slot result = whole ? dst : lowering.scratch(4L * form.batch() * m * outputs);
      product(result, m);
      if (whole) {
        return;
      }
      long[] strides = {0, 0, 0, outputs};
      for (int axis = 2; axis >= 0; axis--) {
        strides[axis] = strides[axis + 1] * (axis == 2 ? 1 : window.out(axis + 1));
      }
      long image = strides[0] * window.out(0);
      long base = 0;
      for (int axis = 0; axis < 3; axis++) {
        base += first[axis] * strides[axis];
      }
      StridedCopy.emit(
          lowering,
          "interleave",
          4,
          new long[] {form.batch(), extent(0), extent(1), extent(2), outputs},
          result,
          0,
          new long[] {
            (long) m * outputs,
            (long) extent(1) * extent(2) * outputs,
            (long) extent(2) * outputs,
            outputs,
            1
          },
          dst,
          base,
          new long[] {
            image,
            strides[0] * window.stride(0),
            strides[1] * window.stride(1),
            strides[2] * window.stride(2),
            1
          });
    }

    private void product(Slot result, int m) {
      GemmF32 kernel = lowering.kernels().pick(GemmF32.class);
      int[][] taps = taps();
      int k = form.groupChannels();
      int n = form.groupOutputs();
      List<MemorySegment> packed = new ArrayList<>();
      List<FloatEpilogue> epilogues = new ArrayList<>();
      Tensor weights = lowering.inference().requireValue(1, "weights of the convolution");
      Tensor bias = lowering.has(2) ? lowering.inference().requireValue(2, "bias") : null;
      for (int group = 0; group < form.groups(); group++) {
        int g = group;
        String key =
            lowering.node().input(1)
                + "#phase"
                + java.util.Arrays.deepToString(taps)
                + g
                + "/"
                + form.groups();
        packed.add(lowering.packed(key, kernel.rhsLayout(), () -> view(weights, taps, g)));
        epilogues.add(Operands.epilogue(lowering, bias, g * n, n, 0));
      }
      GemmShape shape = new GemmShape(m, n, k, taps.length, 0, rows(taps, m), form.outputs());
      long imageBytes = 4L * window.in(0) * window.in(1) * window.in(2) * form.channels();
      lowering.emit(
          new GemmF32Step(
              kernel,
              shape,
              form.batch(),
              epilogues,
              new GemmF32Step.Operands(
                  lowering.input(0),
                  image -> image * imageBytes,
                  GemmRhs.perGroup(packed),
                  null,
                  result,
                  4L * m * form.outputs(),
                  lowering.filled((byte) 0, 4L * k + 64),
                  FusedActivation.of(lowering))));
    }

    /** The taps that reach the phase; one that never meets an input when there is none. */
    private int[][] taps() {
      List<int[]> taps = new ArrayList<>();
      for (int d = 0; d < window.kernel(0); d++) {
        for (int h = 0; h < window.kernel(1); h++) {
          for (int w = 0; w < window.kernel(2); w++) {
            if (window.reaches(0, first[0], d)
                && window.reaches(1, first[1], h)
                && window.reaches(2, first[2], w)) {
              taps.add(new int[] {d, h, w});
            }
          }
        }
      }
      return taps.isEmpty() ? new int[][] {{0, 0, 0}} : taps.toArray(int[][]::new);
    }

    private MemorySegment rows(int[][] taps, int m) {
      MemorySegment table = lowering.allocate(4L * taps.length * m);
      for (int t = 0; t < taps.length; t++) {
        for (int i = 0; i < m; i++) {
          int d = window.position(0, output(0, i / extent(2) / extent(1)), taps[t][0]);
          int h = window.position(1, output(1, i / extent(2) % extent(1)), taps[t][1]);
          int w = window.position(2, output(2, i % extent(2)), taps[t][2]);
          long pixel = ((long) d * window.in(1) + h) * window.in(2) + w;
          boolean inside = d >= 0 && h >= 0 && w >= 0;
          int offset = inside ? ConvRows.offset(pixel * form.channels()) : GemmShape.PADDING;
          table.set(Tensor.I32, 4L * ((long) t * m + i), offset);
        }
      }
      return table;
    }

    /** The weights of one group as B[tap][c][m]. */
    private RhsView view(Tensor weights, int[][] taps, int group) {
      int k = form.groupChannels();
      int n = form.groupOutputs();
      int positions = window.kernel(0) * window.kernel(1) * window.kernel(2);
      float[] values = new float[taps.length * k * n];
      for (int t = 0; t < taps.length; t++) {
        int position = (taps[t][0] * window.kernel(1) + taps[t][1]) * window.kernel(2) + taps[t][2];
        for (int c = 0; c < k; c++) {
          for (int o = 0; o < n; o++) {
            long from = (((long) group * k + c) * n + o) * positions + position;
            values[(t * k + c) * n + o] = weights.f32(from);
          }
        }
      }
      return new RhsView(MemorySegment.ofArray(values), 0, taps.length, k, n, (long) k * n, n, 1);
    }
  }
}
