package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;

/** The taps between one input channel and one filter; in a matrix product, single weights. */
record Kernel() implements Granularity {

  @Override
  public String name() {
    return "kernel";
  }

  @Override
  public Partition partition(WeightView view) {
    return new Partition() {
      @Override
      public int count() {
        return view.batches() * view.n() * view.channels();
      }

      @Override
      public int group(int batch, int row, int tap, int channel) {
        return (batch * view.n() + row) * view.channels() + channel;
      }
    };
  }
}
