package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.recover.LayerwiseSolver;
import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.Reader;
import dev.lathe.compress.weights.Weight;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Refits the weights that read removed channels, and those behind them, layer by layer. */
final class ChannelRecovery {

  private ChannelRecovery() {}

  /**
   * The network with refitted weights, all channels still in it; those of {@code gone} are read
   * with weights of zero.
   */
  static LayerwiseSolver.Solution run(
      ChannelGraph graph, List<Channel> gone, CompressionContext context) {
    Map<String, BitSet> removed = new HashMap<>();
    List<Weight> weights = new ArrayList<>();
    for (Reader reader : graph.readers()) {
      BitSet indices = new BitSet();
      for (Channel channel : gone) {
        for (int index : channel.of(reader.axis())) {
          indices.set(index);
        }
      }
      if (!indices.isEmpty() || !weights.isEmpty()) {
        removed.put(reader.weight().name(), indices);
        weights.add(reader.weight());
      }
    }
    return new LayerwiseSolver("reconstruction", new Refit(removed), true, context)
        .solve(graph.network(), weights);
  }
}
