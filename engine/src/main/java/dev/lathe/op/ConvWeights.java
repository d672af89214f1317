package dev.lathe.op;

import dev.lathe.kernel.RhsView;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Views of ONNX convolution weights [M, C/group, kernel...] as the right operand B[tap][k][n] of
 * one group.
 */
final class ConvWeights {

  private ConvWeights() {}

  /** One tap per kernel position, k over the group's channels. */
  static RhsView tapped(Tensor weights, MemorySegment data, int group, int groups) {
    int outputs = weights.shape().intDim(0) / groups;
    int channels = weights.shape().intDim(1);
    int taps = taps(weights.shape());
    long perOutput = (long) channels * taps;
    return new RhsView(
        data, (long) group * outputs * perOutput, taps, channels, outputs, 1, taps, perOutput);
  }

  /**
   * One tap per kernel row, k over (kernel column, channel): the weights are first rewritten as [M,
   * kernel..., C].
   *
   * @param elementBytes 1 or 4
   */
  static RhsView merged(Tensor weights, MemorySegment data, int elementBytes) {
    int outputs = weights.shape().intDim(0);
    int channels = weights.shape().intDim(1);
    int columns = weights.shape().intDim(-1);
    int taps = taps(weights.shape());
    int rows = taps / columns;
    MemorySegment rewritten = MemorySegment.ofArray(new byte[Math.toIntExact(data.byteSize())]);
    for (int o = 0; o < outputs; o++) {
      for (int c = 0; c < channels; c++) {
        for (int t = 0; t < taps; t++) {
          long from = ((long) o * channels + c) * taps + t;
          long to = ((long) o * taps + t) * channels + c;
          MemorySegment.copy(data, from * elementBytes, rewritten, to * elementBytes, elementBytes);
        }
      }
    }
    int k = columns * channels;
    return new RhsView(rewritten, 0, rows, k, outputs, k, 1, (long) rows * k);
  }

  /** Kernel positions of weights [M, C/group, kernel...]. */
  static int taps(Shape weights) {
    return Math.toIntExact(weights.product(2, weights.rank()));
  }
}
