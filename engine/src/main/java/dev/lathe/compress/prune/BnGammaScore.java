package dev.lathe.compress.prune;

import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.surgery.Axis;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The magnitudes of the scales that BatchNormalization multiplies a channel with, summed: network
 * slimming (Liu et al., ICCV 2017). Groups without BatchNormalization are kept.
 */
public record BnGammaScore() implements ChannelScore {

  @Override
  public String name() {
    return "bn-gamma";
  }

  @Override
  public String obstacle(ChannelGraph graph, ChannelGroup group) {
    return scales(graph)
            .anyMatch(
                scale -> group.channels().getFirst().indices().containsKey(new Axis(scale, 0)))
        ? ""
        : "no BatchNormalization scales its channels";
  }

  @Override
  public List<ScoredGroup> rank(
      ChannelGraph graph, List<ChannelGroup> groups, CompressionContext context) {
    return groups.stream().map(group -> ScoredGroup.of(group, scores(graph, group))).toList();
  }

  private static double[] scores(ChannelGraph graph, ChannelGroup group) {
    double[] sums = new double[group.channels().size()];
    scales(graph)
        .forEach(
            scale -> {
              Tensor tensor =
                  Objects.requireNonNull(graph.network().graph().constants().get(scale));
              for (int i = 0; i < sums.length; i++) {
                for (int index : group.channels().get(i).of(new Axis(scale, 0))) {
                  sums[i] += Math.abs(tensor.real(index));
                }
              }
            });
    return sums;
  }

  private static Stream<String> scales(ChannelGraph graph) {
    return graph.network().graph().nodes().stream()
        .filter(node -> node.is("BatchNormalization"))
        .map(node -> node.input(1))
        .filter(graph.network().graph()::isConstant);
  }
}
