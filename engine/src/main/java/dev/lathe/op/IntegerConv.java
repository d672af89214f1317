package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.GemmU8S8;
import dev.lathe.kernel.RhsView;
import dev.lathe.kernel.SpmmU8S8;
import dev.lathe.kernel.StoreInt32;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lowers a convolution of 8-bit integers over [N, C, spatial...] to int32 sums, for any number of
 * spatial axes, groups, either type of input and weights, zero points of the weights per tensor or
 * output channel, the zero point of the input known ahead or not. The image is first copied to
 * channels-last form with its padding, which holds the zero point; then taps are products.
 *
 * <p>The sums are {@code sum over taps and channels of x' * (w - zw)}, int32 [N][pixels][M], with
 * x' as stored: what follows subtracts {@code zx * weightSums[M]}.
 */
final class IntegerConv {

  private final Lowering lowering;
  private final int input;
  private final int weights;
  private final ZeroPoint zeroPoint;
  private final int weightZeroInput;
  private final ZeroPoint weightZero;
  private final IntegerConvForm form;

  private IntegerConv(Lowering lowering, int input, int zero, int weights, int weightZero) {
    this.lowering = lowering;
    this.input = input;
    this.weights = weights;
    this.weightZeroInput = weightZero;
    boolean signedInput = lowering.fact(input).dtype() == DType.INT8;
    boolean unsignedWeights = lowering.fact(weights).dtype() == DType.UINT8;
    this.zeroPoint = ZeroPoint.of(lowering, zero, signedInput ? 128 : 0);
    this.weightZero = ZeroPoint.of(lowering, weightZero, unsignedWeights ? -128 : 0);
    this.form =
        IntegerConvForm.of(
            lowering.node(), lowering.fact(input).shape(), lowering.fact(weights).shape());
  }

  static IntegerConv of(Lowering lowering, int input, int zero, int weights, int weightZero) {
    return new IntegerConv(lowering, input, zero, weights, weightZero);
  }

  /** Checks operands; the shape of the result. */
  static Shape infer(Inference inference, int input, int zero, int weights, int weightZero) {
    Node node = inference.node();
    for (int operand : new int[] {input, weights}) {
      if (!inference.dtype(operand).isInt8()) {
        throw Checks.unsupported(
            node, "input " + operand + " is " + inference.dtype(operand), "int8, uint8");
      }
    }
    IntegerConvForm form =
        IntegerConvForm.of(node, inference.shape(input), inference.shape(weights));
    inference.requireValue(weights, "weights");
    ZeroPoint.check(inference, input, zero, 1, 1);
    if (inference.has(weightZero)) {
      inference.requireValue(weightZero, "zero point of the weights");
      ZeroPoint.check(inference, weights, weightZero, form.outChannels(), 1);
    }
    return form.result();
  }

  ZeroPoint zeroPoint() {
    return zeroPoint;
  }

  IntegerConvForm form() {
    return form;
  }

  /** Emits the sums; gives them and the sums over each output channel's weights. */
  Sums emit() {
    Slot image = PaddedChannelsLast.emit(lowering, input, form, zeroPoint);
    byte[] values = signed(lowering.inference().requireValue(weights, "weights"));
    long sumElements = (long) form.pixels() * form.outChannels();
    Slot dst = lowering.scratch(4 * sumElements * form.images());
    GemmShape shape =
        new GemmShape(
            form.pixels(),
            form.outChannels() / form.groups(),
            form.channels() / form.groups(),
            form.taps(),
            0,
            form.rows(lowering),
            form.outChannels());
    if (!emitSparse(shape, image, values, dst, 4 * sumElements)) {
      emitDense(shape, image, values, dst, 4 * sumElements);
    }
    int[] sums = new int[form.outChannels()];
    int perOutput = shape.k() * shape.taps();
    for (int c = 0; c < sums.length; c++) {
      for (int i = 0; i < perOutput; i++) {
        sums[c] += values[c * perOutput + i] - weightZero(c);
      }
    }
    return new Sums(dst, sums);
  }

  private void emitDense(GemmShape shape, Slot image, byte[] values, Slot dst, long dstImageBytes) {
    GemmU8S8 kernel =
        lowering.kernels().pick(GemmU8S8.class, candidate -> candidate.accepts(shape));
    List<GemmU8S8Step.Group> groups = new ArrayList<>();
    for (int g = 0; g < form.groups(); g++) {
      RhsView view = view(shape, values, g);
      String key = lowering.node().input(weights) + "#conv" + g + "/" + form.groups();
      MemorySegment packed = lowering.packed(key, kernel.rhsLayout(), () -> view);
      groups.add(new GemmU8S8Step.Group(packed, zeros(g * shape.n(), shape.n()), plain(shape.n())));
    }
    long scratchBytes = Math.ceilDiv(kernel.scratchBytes(shape), 64L) * 64;
    lowering.emit(
        new GemmU8S8Step(
            kernel,
            shape,
            form.images(),
            groups,
            new GemmU8S8Step.Operands(
                image,
                form.paddedElements(),
                null,
                0,
                null,
                dst,
                dstImageBytes,
                null,
                lowering.scratch(scratchBytes * lowering.threads()),
                scratchBytes)));
  }

  /** On a sparse kernel where that is faster; says whether it did. */
  private boolean emitSparse(
      GemmShape shape, Slot image, byte[] values, Slot dst, long dstImageBytes) {
    byte[] centered = form.axes() > 2 ? null : centered(values);
    if (centered == null) {
      return false;
    }
    List<RhsView> views = new ArrayList<>();
    for (int g = 0; g < form.groups(); g++) {
      views.add(view(shape, centered, g));
    }
    Tensor all = new Tensor(DType.INT8, Shape.of(centered.length), MemorySegment.ofArray(centered));
    SpmmChoice<SpmmU8S8> choice = SpmmChoice.u8s8(lowering, shape, form.spmm(shape), all, views);
    if (choice == null) {
      return false;
    }
    String centeredKey = QuantizedWeights.centeredKey(lowering.node(), weights, weightZeroInput);
    List<SpmmU8S8Step.Group> groups = new ArrayList<>();
    for (int g = 0; g < form.groups(); g++) {
      RhsView view = views.get(g);
      MemorySegment packed =
          lowering.packed(
              centeredKey + "#" + g + "/" + form.groups(),
              choice.kernel().rhsLayout(choice.shape()),
              () -> view);
      groups.add(new SpmmU8S8Step.Group(packed, plain(shape.n())));
    }
    SpmmU8S8Step.emit(
        lowering,
        choice,
        form.images(),
        groups,
        new SpmmU8S8Step.Operands(image, form.paddedElements(), 0, null, dst, dstImageBytes));
    return true;
  }

  private StoreInt32 plain(int n) {
    return new StoreInt32(lowering.allocate(4L * n));
  }

  /** The weights of a group, channel by channel of the output. */
  private static RhsView view(GemmShape shape, byte[] values, int group) {
    int perOutput = shape.k() * shape.taps();
    return new RhsView(
        MemorySegment.ofArray(values),
        (long) group * shape.n() * perOutput,
        shape.taps(),
        shape.k(),
        shape.n(),
        1,
        shape.taps(),
        perOutput);
  }

  /** The weights less their zero points, or null when these are not int8. */
  private byte @Nullable [] centered(byte[] values) {
    byte[] centered = new byte[values.length];
    int perOutput = values.length / Math.max(1, form.outChannels());
    for (int i = 0; i < centered.length; i++) {
      int value = values[i] - weightZero(i / perOutput);
      if (value != (byte) value) {
        return null;
      }
      centered[i] = (byte) value;
    }
    return centered;
  }

  private int weightZero(int channel) {
    return weightZero.get(weightZero.count() == 1 ? 0 : channel);
  }

  /**
   * What {@link #emit} makes: int32 [images][pixels][channels], and {@code sum of (w - zw)} of each
   * channel.
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Sums(Slot values, int[] weightSums) {

    int get(dev.lathe.plan.Frame frame, long index) {
      return frame.segment(values).get(Tensor.I32, frame.at(values) + 4 * index);
    }
  }

  /** Zero points of channels [from, from + n), null when all are 0. */
  private @Nullable MemorySegment zeros(int from, int n) {
    MemorySegment zeros = lowering.allocate(4L * n);
    boolean any = false;
    for (int c = 0; c < n; c++) {
      zeros.set(Tensor.I32, 4L * c, weightZero(from + c));
      any |= weightZero(from + c) != 0;
    }
    return any ? zeros : null;
  }

  private static byte[] signed(Tensor weights) {
    byte[] values = weights.data().toArray(Tensor.I8);
    if (weights.dtype() == DType.UINT8) {
      for (int i = 0; i < values.length; i++) {
        values[i] ^= (byte) 0x80;
      }
    }
    return values;
  }
}
