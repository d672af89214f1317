package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.DepthwiseF32;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32;
import dev.lathe.kernel.GemmFloat;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmF32;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * dev.lathe.Conv: fp32 convolution over NHWC or NDHWC with a fused epilogue. Inputs x [N, H, W, C],
 * w [M, C/group, kH, kW], bias [M] (constant, optional), addend [N, oH, oW, M] (optional);
 * attributes of ONNX Conv, the clamp {@code min}, {@code max} and a {@link FusedActivation}.
 * Weights that aren't known ahead are packed in the run.
 */
final class NhwcConv implements Operator {

  private static final int ADDEND = 3;

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("Conv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    ConvForm form = ConvForm.nhwc(inference.node(), inference.shape(0), inference.shape(1));
    form.requireChannels(inference, 2, "bias");
    TensorFact output = form.output(DType.FLOAT32);
    if (inference.dtype(0) != DType.FLOAT32 || inference.dtype(1) != DType.FLOAT32) {
      throw new UnsupportedException(
          Problem.of(
              "convolution of " + inference.dtype(0) + " with " + inference.dtype(1),
              inference.node().toString()));
    }
    Operands.requireSameShape(inference, ADDEND, output.shape());
    return List.of(output);
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    ConvForm form = ConvForm.nhwc(node, lowering.fact(0).shape(), lowering.fact(1).shape());
    Tensor weights = lowering.constant(1);
    if (lowering.has(ADDEND)) {
      lowering.mayOverwriteAlone(0, ADDEND);
    }
    if (lowering.output(0).fact().shape().elements() == 0) {
      return;
    }
    if (form.depthwise() && weights != null) {
      lowerDepthwise(lowering, form, weights);
    } else {
      lowerGemm(lowering, form, weights);
    }
  }

  private static void lowerDepthwise(Lowering lowering, ConvForm form, Tensor weights) {
    int taps = form.kernelWindow().taps();
    int channels = form.inChannels();
    MemorySegment tapMajor = lowering.allocate(4L * taps * channels);
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < channels; c++) {
        tapMajor.set(Tensor.F32, 4L * ((long) t * channels + c), weights.f32((long) c * taps + t));
      }
    }
    lowering.emit(
        new DepthwiseF32Step(
            lowering.kernels().pick(DepthwiseF32.class),
            form.kernelWindow(),
            form.batch(),
            epilogue(lowering, form, 0, form.outChannels()),
            tapMajor,
            FusedActivation.of(lowering),
            lowering.input(0),
            lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
            lowering.output(0)));
  }

  private static void lowerGemm(Lowering lowering, ConvForm form, @Nullable Tensor weights) {
    if (weights != null && lowerSparse(lowering, form, weights)) {
      return;
    }
    GemmFloat kernel =
        weights == null
            ? lowering.kernels().pick(GemmF32.class)
            : lowering.kernels().pickConstantProduct();
    ConvRows rows = ConvRows.of(form, lowering, weights != null);
    Slot lhs = rows.merged() ? padded(lowering, form, rows, 4, (byte) 0) : lowering.input(0);
    List<FloatEpilogue> epilogues = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      epilogues.add(epilogue(lowering, form, group * form.groupOutputs(), form.groupOutputs()));
    }
    lowering.emit(
        new GemmF32Step(
            kernel,
            rows.shape(),
            rows.images(),
            epilogues,
            new GemmF32Step.Operands(
                lhs,
                image -> 4 * rows.imageElements() * image,
                weights == null
                    ? packedInRun(lowering, form, kernel)
                    : packed(lowering, form, kernel, rows, weights),
                lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
                lowering.output(0),
                4L * form.window().outPixels() * form.outChannels(),
                zeroRow(lowering, rows, 4, (byte) 0),
                FusedActivation.of(lowering))));
  }

  /** Lowers to a sparse kernel where that is faster; says whether it did. */
  private static boolean lowerSparse(Lowering lowering, ConvForm form, Tensor weights) {
    if (form.window().axes() > 2) {
      return false;
    }
    List<RhsView> views = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      views.add(ConvWeights.tapped(weights, weights.data(), group, form.groups()));
    }
    SpmmChoice.Problem problem = form.spmm();
    SpmmChoice<SpmmF32> choice = SpmmChoice.f32(lowering, problem, weights, views);
    if (choice == null) {
      return false;
    }
    List<SpmmF32Step.Group> groups = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      RhsView view = views.get(group);
      groups.add(
          new SpmmF32Step.Group(
              lowering.packed(
                  lowering.node().input(1) + "#" + group + "/" + form.groups(),
                  choice.kernel().rhsLayout(choice.shape()),
                  () -> view),
              epilogue(lowering, form, group * form.groupOutputs(), form.groupOutputs())));
    }
    lowering.emit(
        new SpmmF32Step(
            choice,
            problem.images(),
            groups,
            new SpmmF32Step.Operands(
                lowering.input(0),
                4L * form.window().inPixels() * form.inChannels(),
                lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
                lowering.output(0),
                4L * form.window().outPixels() * form.outChannels(),
                FusedActivation.of(lowering))));
    return true;
  }

  private static GemmRhs packed(
      Lowering lowering, ConvForm form, GemmFloat kernel, ConvRows rows, Tensor weights) {
    List<MemorySegment> packed = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      int g = group;
      String key =
          lowering.node().input(1) + (rows.merged() ? "#rows" : "#" + g + "/" + form.groups());
      packed.add(
          lowering.packed(key, kernel.rhsLayout(), () -> view(weights, rows, g, form.groups())));
    }
    return GemmRhs.perGroup(packed);
  }

  private static GemmRhs packedInRun(Lowering lowering, ConvForm form, GemmFloat kernel) {
    int taps = form.window().taps();
    int k = form.groupChannels();
    int n = form.groupOutputs();
    long perOutput = (long) k * taps;
    Slot packed =
        PackRhsStep.emit(
            lowering,
            kernel.rhsLayout(),
            lowering.input(1),
            form.groups(),
            taps,
            k,
            n,
            n * perOutput,
            1,
            taps,
            perOutput);
    return GemmRhs.inSlot(packed, kernel.rhsLayout().bytes(taps, k, n), image -> 0);
  }

  private static RhsView view(Tensor weights, ConvRows rows, int group, int groups) {
    return rows.merged()
        ? ConvWeights.merged(weights, weights.data(), 4)
        : ConvWeights.tapped(weights, weights.data(), group, groups);
  }

  /** What padding rows are read from, or null when rows are never padding. */
  static @Nullable MemorySegment zeroRow(
      Lowering lowering, ConvRows rows, int elementBytes, byte value) {
    return rows.marksPadding()
        ? lowering.filled(value, (long) rows.shape().k() * elementBytes + 64)
        : null;
  }

  /** Emits the copy of the input with a border that merged rows read. */
  static Slot padded(
      Lowering lowering, ConvForm form, ConvRows rows, int elementBytes, byte value) {
    Window window = form.kernelWindow();
    if (rows.paddedHeight() == window.inHeight() && rows.paddedWidth() == window.inWidth()) {
      return lowering.input(0);
    }
    Slot copy = lowering.scratch(form.batch() * rows.imageElements() * elementBytes);
    int planes = form.batch() * form.window().raised(3).in(0);
    lowering.emit(
        new PadImageStep(
            lowering.input(0),
            copy,
            planes,
            window.inHeight(),
            window.inWidth(),
            rows.paddedHeight(),
            rows.paddedWidth(),
            window.padTop(),
            window.padLeft(),
            form.inChannels() * elementBytes,
            value));
    return copy;
  }

  private static FloatEpilogue epilogue(Lowering lowering, ConvForm form, int from, int n) {
    Tensor bias = lowering.has(2) ? lowering.inference().requireValue(2, "bias") : null;
    long addendStride = lowering.has(ADDEND) ? form.outChannels() : 0;
    return Operands.epilogue(lowering, bias, from, n, addendStride);
  }
}
