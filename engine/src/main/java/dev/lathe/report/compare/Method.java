package dev.lathe.report.compare;

import dev.lathe.measure.Comparison;
import java.util.ArrayList;
import java.util.List;

/** How the figures were measured, for people who want to believe them. */
final class Method {

  private static final String SIMULATED =
      "int6 to int2 are simulated: weights take the levels of their width but lie in 8 bits, with"
          + " 8-bit activations through the same integer kernels as int8. Accuracy is exact,"
          + " weight bytes count the width, the file does not, and no speed is claimed.";

  private static final String SPARSE =
      "Zeros: the weights of the lowest magnitude, the mean of a block's, in every layer but the"
          + " first convolution and depthwise ones; nothing is trained or fitted afterwards, which"
          + " 'prune --method obs' and others can. Bits: symmetric weights per channel, in the file"
          + " as 8-bit integers where they are fewer, in the compact file at their width. A row"
          + " claims speed over the dense row of its kernels (fp32, or int8 where it is int8) only"
          + " when other kernels run, or with fewer bits when the same ones are measurably faster.";

  private Method() {}

  static List<String> sentences(LadderRun.Setup setup, List<String> remarks) {
    Samples samples = setup.samples();
    int threads = setup.options().threads();
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "Activations: one affine scale per tensor, chosen by "
            + setup.calibration().name()
            + " over at most "
            + samples.calibrationSamples()
            + " samples of "
            + samples.calibration().name()
            + ".");
    sentences.addAll(remarks);
    sentences.add(
        (samples.evaluation().labelled()
                ? "Accuracy: top-1 on all samples of "
                : "No labels were given: accuracy is the agreement with fp32's answers on all"
                    + " samples of ")
            + samples.evaluation().name()
            + "; the drop is against fp32 on the same samples, its interval a paired bootstrap over"
            + " samples (percentile, 2,000 resamples). When no verdict changes, the interval is"
            + " [0, 0]; the rate of changed verdicts is then below 3/n with 95 % confidence.");
    sentences.add(
        "Latency: one sample per run, "
            + (threads == 1 ? "1 thread" : threads + " threads")
            + ", in one process, after the JIT's steady state; the first inference (planning,"
            + " packing weights, first run) is reported apart.");
    sentences.add(
        "Speedup: time of Lathe's own fp32 / time of the row, medians of "
            + (setup.effort().blocks() > 0
                ? Math.max(setup.effort().blocks(), Comparison.MIN_BLOCKS)
                : "at least " + Comparison.MIN_BLOCKS)
            + " interleaved ABBA blocks with a bootstrap 95 % interval; the row fp32 is compared"
            + " with itself as a control.");
    sentences.add(
        "Sizes: the file is the ONNX file Lathe writes, compact the .lathe file; weights are all"
            + " its constants, scales, zero points and biases included.");
    sentences.add(setup.onSparseLadder() ? SPARSE : SIMULATED);
    return sentences;
  }
}
