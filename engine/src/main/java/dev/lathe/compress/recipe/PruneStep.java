package dev.lathe.compress.recipe;

import dev.lathe.compress.Compression;
import dev.lathe.compress.prune.Budget;
import dev.lathe.compress.prune.ChannelBudget;
import dev.lathe.compress.prune.ChannelScores;
import dev.lathe.compress.prune.ChannelShare;
import dev.lathe.compress.prune.Granularities;
import dev.lathe.compress.prune.Granularity;
import dev.lathe.compress.prune.Prune;
import dev.lathe.compress.prune.PruneMethod;
import dev.lathe.compress.prune.PruneMethods;
import dev.lathe.compress.prune.PruneSchedule;
import dev.lathe.compress.prune.RemoveChannels;
import dev.lathe.compress.prune.RemoveOperations;
import dev.lathe.compress.prune.ScheduledShare;
import dev.lathe.compress.prune.Share;
import dev.lathe.compress.prune.TargetMacs;
import dev.lathe.compress.prune.Threshold;
import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code prune}: zeroes weights, or removes channels or whole operations. */
final class PruneStep implements RecipeStep {

  @Override
  public String name() {
    return "prune";
  }

  @Override
  public List<String> keys() {
    return List.of(
        "method",
        "granularity",
        "sparsity",
        "threshold",
        "global",
        "target-macs",
        "round-to",
        "reconstruct",
        "nodes",
        "exclude",
        "seed",
        "schedule");
  }

  @Override
  public List<String> mappings() {
    return List.of("schedule");
  }

  @Override
  public Compression parse(Settings settings) {
    String granularity = settings.text("granularity", "weight");
    if (granularity.equals("operation")) {
      return operations(settings);
    }
    String method = settings.text("method", "l1");
    long seed = 1;
    if (PruneMethods.draws(method)) {
      seed = settings.integer("seed", seed);
    } else {
      settings.refuse("seed", "method " + method + " draws nothing");
    }
    if (granularity.equals("channel")) {
      settings.refuse("threshold", "channels are removed by share or by MACs");
      settings.refuse("schedule", "channels leave once, before training");
      return new RemoveChannels(
          ChannelScores.parse(method, seed),
          channelBudget(settings),
          settings.pattern("nodes"),
          settings.pattern("exclude"),
          settings.flag("reconstruct"));
    }
    settings.refuse("reconstruct", "only granularity channel removes channels");
    settings.refuse("target-macs", "only granularity channel and operation make a model smaller");
    settings.refuse("round-to", "only granularity channel removes channels");
    PruneMethod chosen = PruneMethods.parse(method);
    Granularity pattern = Granularities.parse(granularity);
    return new Prune(
        chosen.score().apply(seed),
        pattern,
        budget(settings, chosen, pattern),
        settings.pattern("nodes"),
        settings.pattern("exclude"));
  }

  private static Compression operations(Settings settings) {
    if (!settings.text("method", "greedy").equals("greedy")) {
      settings.refuse("method", "operations go by the change of the outputs, method greedy");
    }
    String share = "operations go until a share of the MACs is left";
    settings.refuse("sparsity", share + ": give target-macs");
    settings.refuse("threshold", share);
    settings.refuse("schedule", share);
    settings.refuse("global", "all layers are looked at together anyway");
    settings.refuse("round-to", "whole operations go");
    settings.refuse("reconstruct", "what is left keeps its weights");
    settings.refuse("seed", "nothing is drawn");
    return new RemoveOperations(
        settings.number("target-macs", share),
        settings.pattern("nodes"),
        settings.pattern("exclude"));
  }

  private static Budget budget(Settings settings, PruneMethod method, Granularity pattern) {
    Budget fixed = pattern.budget();
    if (fixed != null) {
      String why = "granularity " + pattern.name() + " itself says how much is zeroed";
      settings.refuse("sparsity", why);
      settings.refuse("threshold", why);
      settings.refuse("global", why);
      settings.refuse("schedule", why);
      if (method.byThreshold()) {
        settings.refuse("method", why);
      }
      return fixed;
    }
    String why = "it says how much is zeroed";
    if (method.byThreshold()) {
      settings.refuse("schedule", "the threshold says how much is zeroed");
      settings.refuse("sparsity", "the threshold says how much is zeroed");
      settings.refuse("global", "the threshold is the same for all layers anyway");
      return new Threshold(settings.number("threshold", why));
    }
    settings.refuse("threshold", "only method threshold reads it");
    PruneSchedule schedule = schedule(settings);
    if (schedule != null) {
      settings.refuse("sparsity", "the schedule ends at its own");
      return new ScheduledShare(schedule, settings.flag("global"));
    }
    return new Share(settings.number("sparsity", why), settings.flag("global"));
  }

  private static @Nullable PruneSchedule schedule(Settings settings) {
    Settings own =
        settings.mapping("schedule", List.of("start", "end", "frequency", "from", "to", "curve"));
    return own == null
        ? null
        : new PruneSchedule(
            own.integer("start", 0),
            own.integer("end", "it is the training step of the last pruning"),
            own.integer("frequency", "it is how many training steps lie between prunings"),
            own.number("from", 0),
            own.number("to", "it is the sparsity at the end"),
            PruneSchedule.Curve.parse(own.text("curve", PruneSchedule.Curve.CUBIC.toString())));
  }

  private static ChannelBudget channelBudget(Settings settings) {
    int multiple = Math.toIntExact(Math.min(settings.integer("round-to", 1), Integer.MAX_VALUE));
    Double macs = settings.number("target-macs");
    Double sparsity = settings.number("sparsity");
    boolean global = settings.flag("global");
    if (macs != null && sparsity == null && !global) {
      return new TargetMacs(macs, multiple);
    }
    if (sparsity != null && macs == null) {
      return new ChannelShare(sparsity, global, multiple);
    }
    throw new UsageException(
        new Problem(
            "how many channels go is said in one way",
            "granularity channel",
            "sparsity, with or without global, is a share of the channels; target-macs looks at all"
                + " layers anyway",
            "give either sparsity or target-macs"));
  }
}
