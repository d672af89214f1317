package dev.lathe.report.explain;

import java.util.List;

/** Every cause there is. A new one is a file of this package and a line here. */
final class Causes {

  static final List<Cause> ALL =
      List.of(
          new DepthwiseConvolution(),
          new ShortReduction(),
          new SmallProduct(),
          new TailWaste(),
          new PaddedChannels(),
          new FloatIsland(),
          new LayoutConversion(),
          new DynamicRange(),
          new PlainLoop(),
          new UnusedZeros(),
          new WeightReading(),
          new ThreadOverhead(),
          new SlowerThanFloat(),
          new WeakTier());

  private Causes() {}
}
