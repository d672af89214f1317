package dev.lathe.compress.surgery;

import java.util.List;

/** Pooling over the dimensions after the channels. */
final class PoolRule implements ChannelRule {

  @Override
  public List<String> operators() {
    return List.of(
        "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool");
  }

  @Override
  public void link(Links links) {
    // The second output of MaxPool counts through all channels.
    if (!links.yields(1)) {
      links.join(links.in(0, 0), links.out(0, 0));
      links.join(links.in(0, 1), links.out(0, 1));
    }
  }
}
