package dev.lathe.quant;

import java.util.Arrays;
import java.util.List;

/**
 * Scales and zero points of a quantized tensor, one pair for all of it or one per index of an axis:
 * {@code x = (q - zeroPoint) * scale}. Immutable.
 */
public final class QuantParams {

  /** One scale with its zero point. */
  record Point(float scale, int zeroPoint) {}

  /** Axis of parameters that hold for the whole tensor. */
  public static final int PER_TENSOR = -1;

  private final Levels levels;
  private final int axis;
  private final float[] scales;
  private final int[] zeroPoints;

  private QuantParams(Levels levels, int axis, float[] scales, int[] zeroPoints) {
    this.levels = levels;
    this.axis = axis;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
  }

  /**
   * Parameters as a model states them.
   *
   * @param scales positive and finite
   * @throws IllegalArgumentException when a scale isn't, or a zero point is outside the levels
   */
  public static QuantParams of(Levels levels, int axis, float[] scales, int[] zeroPoints) {
    if (scales.length != zeroPoints.length || (axis == PER_TENSOR && scales.length != 1)) {
      throw new IllegalArgumentException(
          scales.length + " scales and " + zeroPoints.length + " zero points along axis " + axis);
    }
    for (int i = 0; i < scales.length; i++) {
      if (!(scales[i] > 0) || !Float.isFinite(scales[i])) {
        throw new IllegalArgumentException("scale[" + i + "] is " + scales[i]);
      }
      if (zeroPoints[i] < levels.min() || zeroPoints[i] > levels.max()) {
        throw new IllegalArgumentException("zero point " + zeroPoints[i] + " outside " + levels);
      }
    }
    return new QuantParams(levels, axis, scales.clone(), zeroPoints.clone());
  }

  /** Parameters for a whole tensor whose values lie in {@code range}. */
  public static QuantParams choose(Scheme scheme, Levels levels, Range range) {
    Point point = scheme.choose(range, levels);
    return of(levels, PER_TENSOR, new float[] {point.scale()}, new int[] {point.zeroPoint()});
  }

  /**
   * Parameters per index of {@code axis}. An index that holds only zeros takes the largest scale of
   * the others: any scale represents it, and the bias that shares the scale keeps its precision.
   */
  public static QuantParams choose(Scheme scheme, Levels levels, int axis, List<Range> ranges) {
    float[] scales = new float[ranges.size()];
    int[] zeroPoints = new int[ranges.size()];
    float largest = 0;
    for (int i = 0; i < scales.length; i++) {
      Point point = scheme.choose(ranges.get(i), levels);
      scales[i] = point.scale();
      zeroPoints[i] = point.zeroPoint();
      if (ranges.get(i).maxAbs() > 0) {
        largest = Math.max(largest, point.scale());
      }
    }
    for (int i = 0; i < scales.length && largest > 0; i++) {
      if (ranges.get(i).maxAbs() == 0) {
        scales[i] = largest;
      }
    }
    return of(levels, axis, scales, zeroPoints);
  }

  public Levels levels() {
    return levels;
  }

  /** The axis the parameters run along, or {@link #PER_TENSOR}. */
  public int axis() {
    return axis;
  }

  public boolean perTensor() {
    return axis == PER_TENSOR;
  }

  /** How many scales there are: 1, or the extent of the axis. */
  public int count() {
    return scales.length;
  }

  public float scale(int index) {
    return scales[index];
  }

  public int zeroPoint(int index) {
    return zeroPoints[index];
  }

  public float[] scales() {
    return scales.clone();
  }

  public int[] zeroPoints() {
    return zeroPoints.clone();
  }

  /** These parameters with other scales; zero points stay. */
  public QuantParams withScales(float[] scales) {
    return of(levels, axis, scales, zeroPoints);
  }

  public int quantize(float x, int index) {
    return Arithmetic.quantize(x, scales[index], zeroPoints[index], levels.min(), levels.max());
  }

  public float dequantize(int q, int index) {
    return Arithmetic.dequantize(q, scales[index], zeroPoints[index]);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof QuantParams params
        && levels.equals(params.levels)
        && axis == params.axis
        && Arrays.equals(scales, params.scales)
        && Arrays.equals(zeroPoints, params.zeroPoints);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(scales) + Arrays.hashCode(zeroPoints);
  }

  @Override
  public String toString() {
    return levels
        + (perTensor() ? "" : " along axis " + axis)
        + ", scale "
        + Arrays.toString(scales)
        + ", zero point "
        + Arrays.toString(zeroPoints);
  }
}
