package dev.lathe.compress.prune;

import dev.lathe.compress.recover.InverseFactor;
import dev.lathe.compress.recover.Moments;
import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightMatrix;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.parallel.Workers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Takes groups away one by one, each time the one whose loss over its size is least, all other
 * weights of the same filters making up for it ({@link BlockElimination}). A group's score is that,
 * or the score of the one that went before it from the same filters where that is more. What is
 * left in the end is then fitted.
 *
 * <p>Groups of one weight are scored all at once, before any has gone: one after the other they
 * kept no more top-1 (methods.md), and N:M asks for other weights to stay than those that go last.
 *
 * <p>The work is bounded by {@link #MAX_STEPS}: where removing the groups of all inputs of a filter
 * one after the other takes more, only those of so many inputs are that see the others go; input
 * channels stay together with all their taps, which resemble each other most.
 */
record ObsScore(long maxSteps) implements ObservedScore {

  /** Multiply-accumulates per weight tensor; some 10 s on one core. */
  static final long MAX_STEPS = 40_000_000_000L;

  ObsScore() {
    this(MAX_STEPS);
  }

  @Override
  public String name() {
    return "obs";
  }

  @Override
  public boolean fits() {
    return true;
  }

  @Override
  public double[] of(Weight weight, Partition groups, Moments moments, Workers workers) {
    WeightView view = weight.view();
    int k = moments.k();
    Members members = new Members(view, groups);
    double[] scores = new double[members.groups()];
    double[] matrix = WeightMatrix.of(weight);
    List<Band> bands = Band.of(members, k, view.rows());
    // k / w windows of w^2 / 2 multiply-accumulates per input, for each band
    int width =
        members.groups() == view.elements()
            ? 1
            : (int) Math.min(k, Math.sqrt(2.0 * maxSteps / ((double) k * bands.size())));
    for (int batch = 0; batch < view.batches(); batch++) {
      int first = batch * view.n();
      List<Band> own =
          bands.stream()
              .filter(band -> band.firstRow() >= first && band.firstRow() < first + view.n())
              .toList();
      double[] moment = moments.second(batch);
      double[] inverse =
          InverseFactor.of(moment, InverseFactor.naturalOrder(k), InverseFactor.DAMPING).inverse();
      Band.forEach(
          own,
          workers,
          band -> {
            for (Window window : windows(band, members, view, width)) {
              window.run(matrix, moment, inverse, scores);
            }
          });
    }
    return scores;
  }

  /** Neighboring groups of a band. */
  private static List<Window> windows(Band band, Members members, WeightView view, int width) {
    int k = view.k();
    List<Integer> sorted =
        band.groups().stream()
            .sorted(
                Comparator.comparingInt(
                    group -> {
                      int input = members.element(members.start(group)) % k;
                      return input % view.channels() * view.taps() + input / view.channels();
                    }))
            .toList();
    List<Window> windows = new ArrayList<>();
    Window window = new Window(band, k);
    for (int group : sorted) {
      int[] inputs = inputs(members, group, k);
      if (window.size > 0 && window.size + inputs.length > width) {
        windows.add(window);
        window = new Window(band, k);
      }
      window.add(group, inputs);
    }
    windows.add(window);
    return windows;
  }

  /** The inputs of a group, which are the same for each of its filters. */
  private static int[] inputs(Members members, int group, int k) {
    int row = members.element(members.start(group)) / k;
    return IntStream.range(members.start(group), members.start(group + 1))
        .map(members::element)
        .takeWhile(element -> element / k == row)
        .map(element -> element % k)
        .toArray();
  }

  /** Groups that see each other go. */
  private static final class Window {
    private final Band band;
    private final int k;
    private final List<Integer> groups = new ArrayList<>();
    private final List<int[]> inputs = new ArrayList<>();
    private int size;

    Window(Band band, int k) {
      this.band = band;
      this.k = k;
    }

    void add(int group, int[] inputs) {
      groups.add(group);
      this.inputs.add(inputs);
      size += inputs.length;
    }

    void run(double[] matrix, double[] moment, double[] inverse, double[] scores) {
      if (size == k && groups.size() == 1) {
        scores[groups.getFirst()] = energy(matrix, moment) / ((double) k * band.rows());
        return;
      }
      int[] all = inputs.stream().flatMapToInt(IntStream::of).toArray();
      double[] weights = new double[band.rows() * size];
      double[] own = new double[size * size];
      for (int i = 0; i < size; i++) {
        for (int row = 0; row < band.rows(); row++) {
          weights[row * size + i] = matrix[(band.firstRow() + row) * k + all[i]];
        }
        for (int j = 0; j < size; j++) {
          own[i * size + j] = inverse[all[i] * k + all[j]];
        }
      }
      eliminate(new BlockElimination(size, weights, own), scores);
    }

    private void eliminate(BlockElimination elimination, double[] scores) {
      int at = 0;
      List<int[]> places = new ArrayList<>();
      for (int[] one : inputs) {
        places.add(IntStream.range(at, at + one.length).toArray());
        at += one.length;
      }
      List<Integer> left = new ArrayList<>(IntStream.range(0, groups.size()).boxed().toList());
      double last = 0;
      while (!left.isEmpty()) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < left.size(); i++) {
          int[] place = places.get(left.get(i));
          double loss = elimination.loss(place) / ((double) place.length * band.rows());
          if (best < 0 || loss < least) {
            best = i;
            least = loss;
          }
        }
        int chosen = left.remove(/* index */ best);
        if (least > 0 || last > 0) {
          last = Math.max(Math.nextUp(last), Math.max(least, Double.MIN_NORMAL));
        }
        scores[groups.get(chosen)] = last;
        if (!left.isEmpty()) {
          elimination.remove(places.get(chosen));
        }
      }
    }

    /** {@code w H w^T}: nothing is left that could make up for it. */
    private double energy(double[] matrix, double[] moment) {
      double energy = 0;
      for (int row = band.firstRow(); row < band.firstRow() + band.rows(); row++) {
        for (int i = 0; i < k; i++) {
          double own = matrix[row * k + i];
          for (int j = 0; own != 0 && j < k; j++) {
            energy += own * moment[i * k + j] * matrix[row * k + j];
          }
        }
      }
      return Math.max(0, energy);
    }
  }
}
