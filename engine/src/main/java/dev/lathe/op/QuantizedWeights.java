package dev.lathe.op;

import dev.lathe.error.Problem;
import dev.lathe.error.UnsupportedException;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.Requantize;
import dev.lathe.kernel.RhsView;
import dev.lathe.plan.Lowering;
import dev.lathe.quant.Arithmetic;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The weights of an integer product as the kernels take them: int8 values (unsigned ones minus 128,
 * and their zero points likewise), a scale and a zero point per output channel.
 */
final class QuantizedWeights {

  private static final int UNSIGNED_SHIFT = 128;

  private final Tensor values;
  private final Tensor scales;
  private final int[] zeroPoints;

  private QuantizedWeights(Tensor values, Tensor scales, int[] zeroPoints) {
    this.values = values;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
  }

  /**
   * Reads the constant inputs {@code weights}, {@code weights + 1} (scale) and {@code weights + 2}
   * (zero point) of a node.
   *
   * @param channels output channels
   */
  static QuantizedWeights of(Lowering lowering, int weights, int channels) {
    Tensor values = lowering.inference().requireValue(weights, "quantized weights");
    Tensor scales = lowering.inference().requireValue(weights + 1, "scale of the weights");
    Tensor zeros =
        lowering.has(weights + 2)
            ? lowering.inference().requireValue(weights + 2, "zero point of the weights")
            : null;
    if (!values.dtype().isInt8()) {
      throw new UnsupportedException(
          Problem.of("weights of type " + values.dtype(), lowering.node().toString()));
    }
    requirePerChannel(lowering, scales, channels);
    int[] zeroPoints = new int[channels];
    if (zeros != null) {
      requirePerChannel(lowering, zeros, channels);
      for (int c = 0; c < channels; c++) {
        zeroPoints[c] = (int) zeros.integer(zeros.elements() == 1 ? 0 : c);
      }
    }
    boolean unsigned = values.dtype() == DType.UINT8;
    if (unsigned) {
      for (int c = 0; c < channels; c++) {
        zeroPoints[c] -= UNSIGNED_SHIFT;
      }
    }
    return new QuantizedWeights(unsigned ? shifted(values) : values, scales, zeroPoints);
  }

  private static void requirePerChannel(Lowering lowering, Tensor parameter, int channels) {
    if (parameter.elements() != 1 && parameter.elements() != channels) {
      throw GraphErrors.invalid(
          lowering.node(),
          "quantization parameter has "
              + parameter.elements()
              + " elements for "
              + channels
              + " output channels");
    }
  }

  private static Tensor shifted(Tensor unsigned) {
    byte[] signed = new byte[Math.toIntExact(unsigned.elements())];
    for (int i = 0; i < signed.length; i++) {
      signed[i] = (byte) (unsigned.integer(i) - UNSIGNED_SHIFT);
    }
    return new Tensor(DType.INT8, unsigned.shape(), MemorySegment.ofArray(signed));
  }

  /** The int8 values in the shape of the weights. */
  Tensor values() {
    return values;
  }

  /**
   * The values less their zero points, or null unless each is an int8.
   *
   * @param channelsLast whether output channels are the last axis, not the first
   */
  @Nullable Tensor centered(boolean channelsLast) {
    if (Arrays.stream(zeroPoints).allMatch(zero -> zero == 0)) {
      return values;
    }
    int perChannel = Math.toIntExact(values.elements() / Math.max(1, zeroPoints.length));
    byte[] centered = new byte[Math.toIntExact(values.elements())];
    for (int i = 0; i < centered.length; i++) {
      int channel = channelsLast ? i % zeroPoints.length : i / perChannel;
      int value = values.data().get(Tensor.I8, i) - zeroPoints[channel];
      if (value != (byte) value) {
        return null;
      }
      centered[i] = (byte) value;
    }
    return new Tensor(DType.INT8, values.shape(), MemorySegment.ofArray(centered));
  }

  /** What {@link #centered} is packed under: one constant may be read under several zero points. */
  static String centeredKey(Node node, int weights, int zeroPoint) {
    return node.input(weights) + " less " + node.input(zeroPoint);
  }

  int zeroPoint(int channel) {
    return zeroPoints[channel];
  }

  /** int32 zero points of channels [from, from + n), or null when all are zero. */
  @Nullable MemorySegment zeroPoints(Lowering lowering, int from, int n) {
    boolean any = false;
    MemorySegment segment = lowering.allocate(4L * n);
    for (int c = 0; c < n; c++) {
      segment.set(Tensor.I32, 4L * c, zeroPoints[from + c]);
      any |= zeroPoints[from + c] != 0;
    }
    return any ? segment : null;
  }

  private float scale(int channel) {
    return scales.f32(scales.elements() == 1 ? 0 : channel);
  }

  /**
   * {@code sum over the channel's weights of (w - zero point)}; the channel's weights are {@code
   * step} elements apart.
   *
   * @param line as long as a channel's weights, overwritten
   */
  private int columnSum(long first, long step, int channel, byte[] line) {
    RhsView column = new RhsView(values.data(), first, 1, line.length, 1, 0, step, 0);
    column.readColumn(0, line);
    long sum = 0;
    for (byte weight : line) {
      sum += weight;
    }
    return Math.toIntExact(sum - (long) line.length * zeroPoints[channel]);
  }

  /**
   * The requantization of channels [from, from + n).
   *
   * @param parameters where the node's quantization parameters stand
   * @param channelStep elements between the first weights of two channels
   * @param elementStep elements between two weights of a channel
   * @param foldZeroPoint whether the activation's zero point is folded into the bias
   */
  Requantize requantize(
      Lowering lowering,
      Parameters parameters,
      int from,
      int n,
      long channelStep,
      long elementStep,
      boolean foldZeroPoint,
      Requantize.@Nullable Addend addend) {
    Tensor bias = parameters.bias();
    MemorySegment biases = lowering.allocate(4L * n);
    MemorySegment ratios = lowering.allocate(4L * n);
    long perChannel = values.elements() / Math.max(1, parameters.channels());
    byte[] line = new byte[foldZeroPoint ? Math.toIntExact(perChannel) : 0];
    for (int i = 0; i < n; i++) {
      int channel = from + i;
      long folded = bias == null ? 0 : bias.integer(channel);
      if (foldZeroPoint) {
        folded -=
            (long) parameters.lhsZeroPoint()
                * columnSum(channel * channelStep, elementStep, channel, line);
      }
      biases.set(Tensor.I32, 4L * i, (int) folded);
      ratios.set(
          Tensor.F32,
          4L * i,
          Arithmetic.requantizeScale(parameters.lhsScale(), scale(channel), parameters.dstScale()));
    }
    return new Requantize(
        biases,
        ratios,
        parameters.dstZeroPoint(),
        (int) lowering.node().intAttribute("min", 0),
        (int) lowering.node().intAttribute("max", 255),
        addend);
  }

  /** The scalar quantization parameters of a product. */
  record Parameters(
      float lhsScale,
      int lhsZeroPoint,
      float dstScale,
      int dstZeroPoint,
      int channels,
      @Nullable Tensor bias) {

    /**
     * Reads inputs 1, 2 (activation), 6, 7 (result) and 8 (bias, optional) of a node.
     *
     * @param channels output channels
     */
    static Parameters of(Lowering lowering, int channels) {
      Tensor bias =
          lowering.has(8) ? lowering.inference().requireValue(8, "bias of the product") : null;
      if (bias != null && (bias.dtype() != DType.INT32 || bias.elements() != channels)) {
        throw GraphErrors.invalid(
            lowering.node(), "bias is " + bias + ", expected int32 of " + channels + " elements");
      }
      return new Parameters(
          scalar(lowering, 1),
          zeroPoint(lowering, 2),
          scalar(lowering, 6),
          zeroPoint(lowering, 7),
          channels,
          bias);
    }
  }

  /** A per-tensor scale. */
  static float scalar(Lowering lowering, int input) {
    Tensor tensor = lowering.inference().requireValue(input, "scale");
    if (tensor.elements() != 1 || tensor.dtype() != DType.FLOAT32) {
      throw GraphErrors.invalid(lowering.node(), "scale is " + tensor + ", expected one float");
    }
    return tensor.f32(0);
  }

  /** A per-tensor uint8 zero point; 0 when omitted. */
  static int zeroPoint(Lowering lowering, int input) {
    if (!lowering.has(input)) {
      return 0;
    }
    Tensor tensor = lowering.inference().requireValue(input, "zero point");
    if (tensor.elements() != 1 || tensor.dtype() != DType.UINT8) {
      throw GraphErrors.invalid(
          lowering.node(), "zero point is " + tensor + ", expected one uint8");
    }
    return (int) tensor.integer(0);
  }
}
