package dev.lathe.report.compare;

import java.util.ArrayList;
import java.util.List;

/** How the figures were measured, for people who want to believe them. */
final class Method {

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
        "Accuracy: top-1 on all samples of "
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
            + Math.max(setup.blocks(), dev.lathe.measure.Comparison.MIN_BLOCKS)
            + " interleaved ABBA blocks with a bootstrap 95 % interval; the row fp32 is compared"
            + " with itself as a control.");
    sentences.add(
        "Sizes: the file is the ONNX file Lathe writes, compact the .lathe file; weights are all"
            + " its constants, scales, zero points and biases included.");
    sentences.add(
        "int6 to int2 are simulated: weights take the levels of their width but lie in 8 bits, with"
            + " 8-bit activations through the same integer kernels as int8. Accuracy is exact,"
            + " weight bytes count the width, the file does not, and no speed is claimed.");
    return sentences;
  }
}
