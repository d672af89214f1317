package dev.lathe.report;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The values of a constant, whole and by output channel. Values are read where they lie, one after
 * another; what is kept are {@link #BINS} counts per channel.
 *
 * @param reader the first node that reads it, or empty
 * @param axis of the output channels, or -1 when it has none
 * @param counts finite values per bin: bin i of [min, max] holds min + [i, i+1) * (max - min) /
 *     bins, the last one max as well
 * @param channels in order; empty without an axis
 */
public record ConstantStatistics(
    String name,
    String reader,
    String dtype,
    String shape,
    int axis,
    Summary all,
    List<Long> counts,
    List<Channel> channels) {

  public static final int BINS = 32;

  /**
   * Figures of some values.
   *
   * @param min of the finite ones, like all below; 0 when there is none
   * @param std standard deviation
   */
  public record Summary(
      long elements,
      long zeros,
      long nans,
      long infinities,
      double min,
      double max,
      double mean,
      double std) {

    private static Summary of(WeightStatistics all) {
      return new Summary(
          all.elements(),
          all.zeros(),
          all.nans(),
          all.infinities(),
          all.min(),
          all.max(),
          all.mean(),
          all.std());
    }

    private void addTo(Map<String, Object> json) {
      json.put("elements", elements);
      json.put("zeros", zeros);
      json.put("nan", nans);
      json.put("infinite", infinities);
      json.put("min", min);
      json.put("max", max);
      json.put("mean", mean);
      json.put("std", std);
    }
  }

  /** One output channel; its counts are over the bins of the whole constant. */
  public record Channel(Summary values, List<Long> counts) {}

  /**
   * Goes through the constants that hold numbers, but for int64 ones, which are shapes and indices.
   *
   * @param each gets them one at a time
   */
  public static void forEach(Network network, Consumer<ConstantStatistics> each) {
    Graph graph = network.graph();
    Map<String, List<Node>> readers = new HashMap<>();
    for (Node node : graph.nodes()) {
      node.inputs().forEach(in -> readers.computeIfAbsent(in, none -> new ArrayList<>()).add(node));
    }
    graph
        .constants()
        .forEach(
            (name, tensor) -> {
              DType dtype = tensor.dtype();
              if (WeightStatistics.knows(dtype) && dtype != DType.INT64 && tensor.elements() > 0) {
                each.accept(of(graph, name, tensor, readers));
              }
            });
  }

  private static ConstantStatistics of(
      Graph graph, String name, Tensor tensor, Map<String, List<Node>> readers) {
    List<Node> direct = readers.getOrDefault(name, List.of());
    List<Node> all = new ArrayList<>(direct);
    for (Node node : direct) {
      if ((node.is("DequantizeLinear") || node.is("Cast")) && node.input(0).equals(name)) {
        all.addAll(readers.getOrDefault(node.output(0), List.of()));
      }
    }
    int axis = ChannelAxis.of(graph, tensor, name, all);
    Shape shape = tensor.shape();
    long outer = axis < 0 ? 1 : shape.product(0, axis);
    int extent = axis < 0 ? 1 : shape.intDim(axis);
    long inner = axis < 0 ? tensor.elements() : shape.product(axis + 1, shape.rank());
    List<WeightStatistics> parts = new ArrayList<>();
    WeightStatistics whole = WeightStatistics.NONE;
    for (int channel = 0; channel < extent; channel++) {
      parts.add(WeightStatistics.of(tensor, outer, extent, channel, inner));
      whole = whole.plus(parts.getLast());
    }
    long[] counts = new long[BINS];
    List<Channel> channels = new ArrayList<>();
    for (int channel = 0; channel < extent; channel++) {
      long[] own = new long[BINS];
      for (long o = 0; o < outer; o++) {
        long start = (o * extent + channel) * inner;
        for (long i = start; i < start + inner; i++) {
          count(Scores.value(tensor, i), whole, own);
        }
      }
      for (int bin = 0; bin < BINS; bin++) {
        counts[bin] += own[bin];
      }
      if (axis >= 0) {
        channels.add(new Channel(Summary.of(parts.get(channel)), list(own)));
      }
    }
    return new ConstantStatistics(
        name,
        direct.isEmpty() ? "" : direct.getFirst().name(),
        tensor.dtype().toString(),
        shape.toString(),
        axis,
        Summary.of(whole),
        list(counts),
        channels);
  }

  private static List<Long> list(long[] counts) {
    return Arrays.stream(counts).boxed().toList();
  }

  private static void count(double value, WeightStatistics whole, long[] counts) {
    if (Double.isFinite(value)) {
      double half = whole.max() / 2 - whole.min() / 2; // the whole may overflow
      double place = (value / 2 - whole.min() / 2) / half * BINS;
      counts[Math.clamp((long) place, 0, BINS - 1)]++;
    }
  }

  /** Everything, the channels included. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("node", reader);
    json.put("dtype", dtype);
    json.put("shape", shape);
    all.addTo(json);
    json.put("histogram", counts);
    if (axis >= 0) {
      json.put("channel_axis", axis);
      json.put("channels", channels.stream().map(ConstantStatistics::json).toList());
    }
    return json;
  }

  private static Map<String, Object> json(Channel channel) {
    Map<String, Object> json = new LinkedHashMap<>();
    channel.values.addTo(json);
    json.put("histogram", channel.counts);
    return json;
  }
}
