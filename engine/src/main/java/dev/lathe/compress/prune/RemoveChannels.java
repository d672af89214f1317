package dev.lathe.compress.prune;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.FoldedConstants;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.recover.LayerwiseSolver;
import dev.lathe.compress.surgery.Channel;
import dev.lathe.compress.surgery.ChannelGraph;
import dev.lathe.compress.surgery.ChannelGroup;
import dev.lathe.compress.surgery.Filters;
import dev.lathe.compress.weights.NodePatterns;
import dev.lathe.compress.weights.SelectedWeights;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Structured pruning: channels leave the network, with everything that is coupled to them, and the
 * network gets smaller. What is left computes as if the weights that read those channels were zero.
 *
 * <p>A group of coupled layers changes when {@code include} matches one of its nodes and {@code
 * exclude} none.
 *
 * @param score ranks the channels of a group
 * @param budget says how many go
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 * @param reconstruct whether the weights that read channels are refitted on samples
 */
public record RemoveChannels(
    ChannelScore score,
    ChannelBudget budget,
    @Nullable Pattern include,
    @Nullable Pattern exclude,
    boolean reconstruct)
    implements Compression {

  /** The smaller network and what happened to its channels. */
  public record Result(Network network, ChannelReport report) implements Outcome {

    @Override
    public List<String> kept() {
      return report.kept();
    }

    @Override
    public List<String> warnings() {
      return report.warnings();
    }
  }

  /** Channels of the smallest mean weights, until {@code share} of the MACs are left. */
  public static RemoveChannels toMacs(double share) {
    return new RemoveChannels(
        new FilterScore(new L1Score()), new TargetMacs(share, 1), null, null, false);
  }

  public RemoveChannels withReconstruction() {
    return new RemoveChannels(score, budget, include, exclude, true);
  }

  @Override
  public String describe() {
    return score.name()
        + " of channel, "
        + budget.describe()
        + (reconstruct ? ", reconstructed" : "");
  }

  /** Removes channels; needs no samples. */
  public Result run(Network network) {
    return run(network, CompressionContext.none());
  }

  /**
   * Removes channels.
   *
   * @throws UsageException when no channel may go, a pattern matches nothing, or the budget can't
   *     be met
   * @throws dev.lathe.error.InvalidModelException when a weight holds NaN or infinity
   * @throws dev.lathe.error.UnsupportedException when the network is quantized
   */
  @Override
  public Result run(Network network, CompressionContext context) {
    ChannelGraph graph = ChannelGraph.of(FoldedConstants.of(network));
    List<String> kept = new ArrayList<>(graph.kept());
    List<ChannelGroup> groups = select(graph, kept);
    SelectedWeights.requireFinite(
        groups.stream().flatMap(group -> group.filters().stream()).map(Filters::weight).toList());
    List<ScoredGroup> scored = score.rank(graph, groups, context);
    int[] removed = budget.choose(graph, scored);
    List<Channel> gone = new ArrayList<>();
    List<ChannelReport.Group> report = new ArrayList<>();
    for (int i = 0; i < removed.length; i++) {
      ScoredGroup one = scored.get(i);
      gone.addAll(one.channels(0, removed[i]));
      report.add(new ChannelReport.Group(one.group().nodes(), one.size(), one.size() - removed[i]));
    }
    Network smaller = reconstruct ? reconstructed(graph, gone, kept, context) : graph.without(gone);
    return new Result(
        Provenance.append(smaller, Prune.METADATA_KEY, describe()),
        new ChannelReport(report, kept, List.of()));
  }

  private static Network reconstructed(
      ChannelGraph graph, List<Channel> gone, List<String> kept, CompressionContext context) {
    LayerwiseSolver.Solution solution = ChannelRecovery.run(graph, gone, context);
    kept.addAll(solution.kept());
    Set<Channel> places = Collections.newSetFromMap(new IdentityHashMap<>());
    places.addAll(gone);
    ChannelGraph refitted = ChannelGraph.of(solution.network());
    List<Channel> same = new ArrayList<>();
    for (int i = 0; i < graph.groups().size(); i++) {
      List<Channel> channels = graph.groups().get(i).channels();
      for (int j = 0; j < channels.size(); j++) {
        if (places.contains(channels.get(j))) {
          same.add(refitted.groups().get(i).channels().get(j));
        }
      }
    }
    return refitted.without(same);
  }

  private List<ChannelGroup> select(ChannelGraph graph, List<String> kept) {
    NodePatterns.requireMatch(
        include, exclude, graph.products(), "Conv, Gemm and MatMul with a constant weight");
    List<ChannelGroup> groups = new ArrayList<>();
    for (ChannelGroup group : graph.groups()) {
      String obstacle = score.obstacle(graph, group);
      if (!obstacle.isEmpty()) {
        kept.add(group.name() + ": " + obstacle);
      } else if (exclude != null && group.nodes().stream().anyMatch(exclude.asPredicate())) {
        kept.add(group.name() + ": excluded");
      } else if (include != null && group.nodes().stream().noneMatch(include.asPredicate())) {
        kept.add(group.name() + ": not among the nodes asked for");
      } else {
        groups.add(group);
      }
    }
    if (groups.stream().allMatch(group -> group.channels().size() == 1)) {
      throw new UsageException(
          new Problem(
              "there is no channel to remove",
              "graph '" + graph.network().graph().name() + "'",
              kept.isEmpty()
                  ? "no Conv, Gemm or MatMul has a constant weight"
                  : String.join("; ", kept),
              "check --nodes and --exclude; 'lathe inspect --layers' lists the nodes"));
    }
    return groups;
  }
}
