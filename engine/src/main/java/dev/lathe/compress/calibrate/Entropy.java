package dev.lathe.compress.calibrate;

import dev.lathe.quant.Range;

/**
 * The range whose quantized values tell most about the unquantized ones: the one with the least
 * Kullback-Leibler divergence of the distribution of the values, P, to that of the levels, Q. From
 * Migacz, <i>8-bit Inference with TensorRT</i>, GTC 2017.
 *
 * <p>Candidates are [-t, t] within what was seen, t from the largest magnitude down in steps of
 * {@value #STRIDE} bins to as many bins as there are levels, but at least 256. P has the counts of
 * the bins in the range; what lies outside counts for the outermost bin that is not empty (Migacz:
 * the outermost one, where the divergence is infinite if it is empty). Q spreads the count of each
 * level evenly over those of its bins that are not empty. Zero is a level in any range, so its bin
 * takes the count of the bin beside it (as NVIDIA's pytorch-quantization does): zeros after a ReLU
 * must not decide.
 */
final class Entropy {

  static final CalibrationMethod METHOD = HistogramObserver.method("entropy", Entropy::choose);

  private static final int NARROWEST = 256;
  private static final int STRIDE = 16;
  private static final int ZERO = Histogram.BINS / 2;

  private final double[] counts = new double[Histogram.BINS];
  private final int low;
  private final int high;
  private final int levels;

  private Entropy(Histogram histogram, int bits) {
    levels = 1 << bits;
    for (int bin = 0; bin < counts.length; bin++) {
      counts[bin] = histogram.count(bin);
    }
    counts[ZERO] = Math.min(counts[ZERO], Math.max(counts[ZERO + 1], counts[ZERO - 1]));
    low = Math.min(histogram.bin(histogram.min()), ZERO);
    high = Math.max(histogram.bin(histogram.max()) + 1, ZERO);
  }

  private static Range choose(Histogram histogram, int bits) {
    Entropy entropy = new Entropy(histogram, bits);
    int widest = Math.max(ZERO - entropy.low, entropy.high - ZERO);
    int best = widest;
    double least = Double.POSITIVE_INFINITY;
    for (int bins = widest; bins >= Math.max(NARROWEST, entropy.levels); bins -= STRIDE) {
      double divergence = entropy.divergence(entropy.from(bins), entropy.to(bins));
      if (divergence < least) {
        least = divergence;
        best = bins;
      }
    }
    return histogram.range(entropy.from(best), entropy.to(best));
  }

  private int from(int bins) {
    return Math.max(low, ZERO - bins);
  }

  private int to(int bins) {
    return Math.min(high, ZERO + bins);
  }

  /** KL(P || Q) in nats for the range of bins [from, to); infinite when nothing lies in it. */
  private double divergence(int from, int to) {
    int first = from;
    while (first < to && counts[first] == 0) {
      first++;
    }
    int last = to - 1;
    while (last >= from && counts[last] == 0) {
      last--;
    }
    if (first > last) {
      return Double.POSITIVE_INFINITY;
    }
    double below = sum(low, from);
    double above = sum(to, high);
    double inside = sum(from, to);
    double total = below + inside + above;
    double divergence = Math.log(inside / total);
    for (int bin = from; bin < to; ) {
      int end = levelEnd(bin, from, to);
      double level = 0;
      int filled = 0;
      for (int i = bin; i < end; i++) {
        level += counts[i];
        filled += counts[i] > 0 ? 1 : 0;
      }
      for (; bin < end; bin++) {
        if (counts[bin] > 0) {
          double p = counts[bin] + (bin == first ? below : 0) + (bin == last ? above : 0);
          divergence += p / total * Math.log(p * filled / level);
        }
      }
    }
    return divergence;
  }

  /** The first bin past the level that {@code bin} belongs to. */
  private int levelEnd(int bin, int from, int to) {
    long bins = (long) to - from;
    long level = (bin - from) * (long) levels / bins;
    return from + (int) (((level + 1) * bins + levels - 1) / levels);
  }

  private double sum(int from, int to) {
    double sum = 0;
    for (int bin = from; bin < to; bin++) {
      sum += counts[bin];
    }
    return sum;
  }
}
