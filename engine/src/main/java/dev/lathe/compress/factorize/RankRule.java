package dev.lathe.compress.factorize;

import dev.lathe.error.Problem;
import dev.lathe.error.UsageException;
import java.util.Arrays;
import java.util.List;

/** How ranks are chosen. */
public sealed interface RankRule {

  /** As the provenance in the file says it. */
  String describe();

  /** A rank from 1 for every mode. */
  int[] choose(List<double[]> energies, MacsAt macs, long before);

  /** Multiply-accumulates at some ranks. */
  interface MacsAt {
    long of(int[] ranks);
  }

  /**
   * The smallest ranks that keep a share of the squared Frobenius norm of the weight; of what may
   * go, modes get equal parts.
   *
   * @param share above 0, at most 1
   */
  record Energy(double share) implements RankRule {

    public Energy {
      requireShare("--energy", share);
    }

    @Override
    public String describe() {
      return "energy " + share;
    }

    @Override
    public int[] choose(List<double[]> energies, MacsAt macs, long before) {
      return energies.stream()
          .mapToInt(mode -> rank(mode, (1 - share) / energies.size()))
          .toArray();
    }

    private static int rank(double[] mode, double lost) {
      double allowed = lost * Arrays.stream(mode).sum();
      double gone = 0;
      int rank = mode.length;
      while (rank > 1 && gone + mode[rank - 1] <= allowed) {
        gone += mode[--rank];
      }
      return rank;
    }
  }

  /**
   * A share of the full ranks.
   *
   * @param share above 0, at most 1
   */
  record Ratio(double share) implements RankRule {

    public Ratio {
      requireShare("--rank-ratio", share);
    }

    @Override
    public String describe() {
      return "rank ratio " + share;
    }

    @Override
    public int[] choose(List<double[]> energies, MacsAt macs, long before) {
      return energies.stream()
          .mapToInt(mode -> (int) Math.max(1, Math.round(share * mode.length)))
          .toArray();
    }
  }

  /** The largest ranks, in proportion to the full ones, that save multiply-accumulates. */
  record BreakEven() implements RankRule {

    @Override
    public String describe() {
      return "break-even";
    }

    @Override
    public int[] choose(List<double[]> energies, MacsAt macs, long before) {
      int most = energies.stream().mapToInt(mode -> mode.length).max().orElse(1);
      for (int step = most; step > 1; step--) {
        double share = (double) step / most;
        int[] ranks =
            energies.stream().mapToInt(mode -> Math.max(1, (int) (share * mode.length))).toArray();
        if (macs.of(ranks) < before) {
          return ranks;
        }
      }
      return energies.stream().mapToInt(mode -> 1).toArray();
    }
  }

  private static void requireShare(String option, double share) {
    if (!(share > 0 && share <= 1)) {
      throw new UsageException(
          new Problem(option + " is above 0 and at most 1", option + " " + share, "", "use 0.9"));
    }
  }
}
