package dev.lathe.compress.prune;

import dev.lathe.compress.Compression;
import dev.lathe.compress.CompressionContext;
import dev.lathe.compress.FoldedConstants;
import dev.lathe.compress.Outcome;
import dev.lathe.compress.Progress;
import dev.lathe.compress.Provenance;
import dev.lathe.compress.recover.OutputChange;
import dev.lathe.compress.surgery.Bypass;
import dev.lathe.compress.surgery.Bypasses;
import dev.lathe.compress.weights.NodePatterns;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whole operations leave the network: residual branches, and layers whose output has the shape of
 * their input. Each time the part goes that changes the outputs least per multiply-accumulate,
 * until at most a share of the multiply-accumulates is left; what is left keeps its weights.
 *
 * <p>A part may go when {@code include} matches one of its products and {@code exclude} none.
 *
 * @param share of the multiply-accumulates to keep, above 0, at most 1
 * @param include only nodes whose name contains a match, or null for all
 * @param exclude no nodes whose name contains a match, or null for none
 */
public record RemoveOperations(double share, @Nullable Pattern include, @Nullable Pattern exclude)
    implements Compression {

  /** The network without some operations, and which. */
  public record Result(Network network, OperationReport report) implements Outcome {

    @Override
    public List<String> kept() {
      return report.kept();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }
  }

  public RemoveOperations {
    TargetMacs.requireShare(share);
  }

  @Override
  public String describe() {
    return "greedy of operation, " + TargetMacs.describe(share);
  }

  /**
   * Removes operations.
   *
   * @throws UsageException when the context has no samples, no operation may go, or the share can't
   *     be reached
   */
  @Override
  public Result run(Network network, CompressionContext context) {
    Network start = FoldedConstants.of(network);
    List<String> products = Bypasses.products(start);
    NodePatterns.requireMatch(include, exclude, products, "nodes that multiply and accumulate");
    List<Bypass> all = Bypasses.of(start);
    List<Bypass> parts = allowed(all);
    List<String> kept = kept(products, all, parts);
    if (parts.isEmpty()) {
      throw nothing(start, kept);
    }
    long before = Bypasses.macs(start);
    List<OperationReport.Removed> removed = new ArrayList<>();
    Network current = start;
    long macs = before;
    try (OutputChange change =
        new OutputChange(start, context, "granularity operation", Long.MAX_VALUE)) {
      double lost = 0;
      while (macs > share * before) {
        if (parts.isEmpty()) {
          throw TargetMacs.unreachable(
              share, (double) macs / before, "without every operation that may go");
        }
        Choice choice = best(current, parts, change, lost, context.progress());
        current = choice.network;
        lost = choice.change;
        macs -= choice.part.macs();
        removed.add(
            new OperationReport.Removed(
                choice.part.entry(),
                choice.part.exit(),
                choice.part.nodes().stream().map(Node::name).toList(),
                choice.part.macs(),
                lost));
        parts = allowed(Bypasses.of(current));
      }
    }
    return new Result(
        Provenance.append(current, Prune.METADATA_KEY, describe()),
        new OperationReport(removed, before, macs, kept));
  }

  private record Choice(Bypass part, Network network, double change) {}

  /** The part that adds least to the change per multiply-accumulate; of equal ones the first. */
  private static Choice best(
      Network current, List<Bypass> parts, OutputChange change, double lost, Progress progress) {
    long start = System.nanoTime();
    Choice best = null;
    double lowest = Double.POSITIVE_INFINITY;
    int done = 0;
    for (Bypass part : parts) {
      Network without = part.around(current);
      double now = change.of(without);
      double cost = Math.max(0, now - lost) / part.macs();
      if (best == null || cost < lowest) {
        best = new Choice(part, without, now);
        lowest = cost;
      }
      progress.update(
          new Progress.State(
              "operations",
              ++done,
              OptionalLong.of(parts.size()),
              Duration.ofNanos(System.nanoTime() - start)));
    }
    if (best == null) {
      throw new IllegalArgumentException("no parts");
    }
    return best;
  }

  private List<Bypass> allowed(List<Bypass> parts) {
    return parts.stream()
        .filter(
            part ->
                (include == null || part.products().stream().anyMatch(include.asPredicate()))
                    && (exclude == null
                        || part.products().stream().noneMatch(exclude.asPredicate())))
        .toList();
  }

  /** Products that are in no part that may go. */
  private static List<String> kept(List<String> products, List<Bypass> all, List<Bypass> allowed) {
    Set<String> possible = products(all);
    Set<String> free = products(allowed);
    return products.stream()
        .filter(name -> !free.contains(name))
        .map(
            name ->
                name
                    + (possible.contains(name)
                        ? ": excluded, or not among the nodes asked for"
                        : ": nothing before it alone makes it and has the shape it ends in"))
        .toList();
  }

  private static Set<String> products(List<Bypass> parts) {
    return parts.stream().flatMap(part -> part.products().stream()).collect(Collectors.toSet());
  }

  private static UsageException nothing(Network network, List<String> kept) {
    return new UsageException(
        new Problem(
            "there is no operation to remove",
            "graph '" + network.graph().name() + "'",
            String.join("; ", kept),
            "check --nodes and --exclude; 'lathe inspect --layers' lists the nodes"));
  }
}
