package dev.lathe.compress.prune;

import dev.lathe.compress.weights.WeightView;

/** All weights of one output channel. Its bias stays, and so does the shape of the weight. */
record Filter() implements Granularity {

  @Override
  public String name() {
    return "filter";
  }

  @Override
  public Partition partition(WeightView view) {
    return new Partition() {
      @Override
      public int count() {
        return view.batches() * view.n();
      }

      @Override
      public int group(int batch, int row, int tap, int channel) {
        return batch * view.n() + row;
      }
    };
  }
}
