package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.kernel.DepthwiseU8S8;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.Window;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.quant.QuantizedSum;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * dev.lathe.QConv: integer convolution over NHWC, requantized to uint8. Inputs 0 x (uint8 [N, H, W,
 * C]), 1 its scale, 2 its zero point, 3 w (int8 or uint8 [M, C/group, kH, kW], constant), 4 its
 * scale [1 or M], 5 its zero point, 6 y scale, 7 y zero point, 8 bias (int32 [M], optional), then
 * for a fused residual sum 9 addend (uint8 like y), 10 and 11 its scale and zero point, 12 and 13
 * those of the sum. Attributes of ONNX Conv, the uint8 clamp {@code min}, {@code max}, and {@code
 * addend_first} when the addend is the sum's left operand.
 */
final class QConv implements Operator {

  private static final int WEIGHTS = 3;
  private static final int ADDEND = 9;

  @Override
  public List<Key> keys() {
    return List.of(Key.lathe("QConv"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    ConvForm form = ConvForm.nhwc(inference.node(), inference.shape(0), inference.shape(WEIGHTS));
    if (inference.dtype(0) != DType.UINT8) {
      throw GraphErrors.invalid(inference.node(), "input is " + inference.dtype(0) + ", not uint8");
    }
    TensorFact output = form.output(DType.UINT8);
    Operands.requireSameShape(inference, ADDEND, output.shape());
    return List.of(output);
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    ConvForm form = ConvForm.nhwc(node, lowering.fact(0).shape(), lowering.fact(WEIGHTS).shape());
    QuantizedWeights weights = QuantizedWeights.of(lowering, WEIGHTS, form.outChannels());
    QuantizedWeights.Parameters parameters =
        QuantizedWeights.Parameters.of(lowering, form.outChannels());
    if (form.depthwise()) {
      lowerDepthwise(lowering, form, weights, parameters);
    } else {
      lowerGemm(lowering, form, weights, parameters);
    }
  }

  private static Requantize.@Nullable Addend addend(
      Lowering lowering, ConvForm form, QuantizedWeights.Parameters parameters) {
    if (!lowering.has(ADDEND)) {
      return null;
    }
    boolean first = lowering.node().intAttribute("addend_first", 0) != 0;
    float own = parameters.dstScale();
    int ownZero = parameters.dstZeroPoint();
    float other = QuantizedWeights.scalar(lowering, ADDEND + 1);
    int otherZero = QuantizedWeights.zeroPoint(lowering, ADDEND + 2);
    QuantizedSum sum =
        QuantizedSum.of(
            first ? other : own,
            first ? otherZero : ownZero,
            first ? own : other,
            first ? ownZero : otherZero,
            QuantizedWeights.scalar(lowering, ADDEND + 3),
            QuantizedWeights.zeroPoint(lowering, ADDEND + 4));
    return new Requantize.Addend(form.outChannels(), sum, first);
  }

  private static void lowerDepthwise(
      Lowering lowering,
      ConvForm form,
      QuantizedWeights weights,
      QuantizedWeights.Parameters parameters) {
    Window window = form.kernelWindow();
    int taps = window.taps();
    int channels = form.inChannels();
    MemorySegment values = weights.values().data();
    MemorySegment tapMajor = lowering.allocate(2L * taps * channels);
    for (int t = 0; t < taps; t++) {
      for (int c = 0; c < channels; c++) {
        int weight = values.get(Tensor.I8, (long) c * taps + t) - weights.zeroPoint(c);
        tapMajor.set(Tensor.I16, 2L * ((long) t * channels + c), (short) weight);
      }
    }
    Requantize epilogue =
        weights.requantize(
            lowering, parameters, 0, channels, taps, 1, false, addend(lowering, form, parameters));
    lowering.emit(
        new DepthwiseU8S8Step(
            lowering.kernels().pick(DepthwiseU8S8.class, kernel -> kernel.accepts(window)),
            window,
            form.batch(),
            epilogue,
            parameters.lhsZeroPoint(),
            tapMajor,
            lowering.input(0),
            lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
            lowering.output(0)));
  }

  private static void lowerGemm(
      Lowering lowering,
      ConvForm form,
      QuantizedWeights weights,
      QuantizedWeights.Parameters parameters) {
    ConvRows rows = ConvRows.of(form, lowering, true);
    if (lowerSparse(lowering, form, rows, weights, parameters)) {
      return;
    }
    GemmU8S8 kernel =
        lowering.kernels().pick(GemmU8S8.class, candidate -> candidate.accepts(rows.shape()));
    byte zero = (byte) parameters.lhsZeroPoint();
    Slot lhs = rows.merged() ? NhwcConv.padded(lowering, form, rows, 1, zero) : lowering.input(0);
    Requantize.Addend addend = addend(lowering, form, parameters);
    int n = form.groupOutputs();
    long perOutput = weights.values().elements() / Math.max(1, form.outChannels());
    List<GemmU8S8Step.Group> groups = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      int g = group;
      String key =
          lowering.node().input(WEIGHTS)
              + (rows.merged() ? "#rows" : "#" + g + "/" + form.groups());
      groups.add(
          new GemmU8S8Step.Group(
              lowering.packed(key, kernel.rhsLayout(), () -> view(weights, rows, g, form.groups())),
              weights.zeroPoints(lowering, g * n, n),
              weights.requantize(lowering, parameters, g * n, n, perOutput, 1, true, addend)));
    }
    long scratchBytes = scratchBytes(kernel, rows);
    Slot scratch = lowering.scratch(scratchBytes * lowering.threads());
    lowering.emit(
        new GemmU8S8Step(
            kernel,
            rows.shape(),
            rows.images(),
            groups,
            new GemmU8S8Step.Operands(
                lhs,
                rows.imageElements(),
                null,
                0,
                lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
                lowering.output(0),
                (long) form.window().outPixels() * form.outChannels(),
                NhwcConv.zeroRow(lowering, rows, 1, zero),
                scratch,
                scratchBytes)));
  }

  /** Lowers to a sparse kernel where that is faster; says whether it did. */
  private static boolean lowerSparse(
      Lowering lowering,
      ConvForm form,
      ConvRows rows,
      QuantizedWeights weights,
      QuantizedWeights.Parameters parameters) {
    Tensor values = weights.centered(false);
    if (form.window().axes() > 2 || values == null) {
      return false;
    }
    List<RhsView> views = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      views.add(ConvWeights.tapped(values, values.data(), group, form.groups()));
    }
    SpmmChoice.Problem problem = form.spmm();
    SpmmChoice<SpmmU8S8> choice = SpmmChoice.u8s8(lowering, rows.shape(), problem, values, views);
    if (choice == null) {
      return false;
    }
    int n = form.groupOutputs();
    long perOutput = values.elements() / Math.max(1, form.outChannels());
    Requantize.Addend addend = addend(lowering, form, parameters);
    String key = QuantizedWeights.centeredKey(lowering.node(), WEIGHTS, WEIGHTS + 2);
    List<SpmmU8S8Step.Group> groups = new ArrayList<>();
    for (int group = 0; group < form.groups(); group++) {
      RhsView view = views.get(group);
      groups.add(
          new SpmmU8S8Step.Group(
              lowering.packed(
                  key + "#" + group + "/" + form.groups(),
                  choice.kernel().rhsLayout(choice.shape()),
                  () -> view),
              weights.requantize(lowering, parameters, group * n, n, perOutput, 1, true, addend)));
    }
    SpmmU8S8Step.emit(
        lowering,
        choice,
        problem.images(),
        groups,
        new SpmmU8S8Step.Operands(
            lowering.input(0),
            (long) form.window().inPixels() * form.inChannels(),
            parameters.lhsZeroPoint(),
            lowering.has(ADDEND) ? lowering.input(ADDEND) : null,
            lowering.output(0),
            (long) form.window().outPixels() * form.outChannels()));
    return true;
  }

  private static long scratchBytes(GemmU8S8 kernel, ConvRows rows) {
    return Math.ceilDiv(kernel.scratchBytes(rows.shape()), 64L) * 64;
  }

  private static RhsView view(QuantizedWeights weights, ConvRows rows, int group, int groups) {
    Tensor values = weights.values();
    return rows.merged()
        ? ConvWeights.merged(values, values.data(), 1)
        : ConvWeights.tapped(values, values.data(), group, groups);
  }
}
