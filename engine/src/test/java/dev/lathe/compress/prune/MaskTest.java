package dev.lathe.compress.prune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.compress.weights.Weight;
import dev.lathe.compress.weights.WeightView;
import dev.lathe.error.UsageException;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every score with every granularity, on random and adversarial weights of ragged shapes. */
class MaskTest {

  private static final List<ImportanceScore> SCORES =
      List.of(new L1Score(), new L2Score(), new RandomScore(3), new SampledScore(3));
  private static final List<String> GRANULARITIES =
      List.of("weight", "1x4", "4x4", "3x2", "kernel", "filter");
  private static final List<WeightView> VIEWS =
      List.of(
          WeightView.conv(Shape.of(7, 5, 3, 3), 1),
          WeightView.conv(Shape.of(10, 3, 2, 1), 2),
          WeightView.columns(Shape.of(9, 6)),
          WeightView.columns(Shape.of(2, 6, 5)),
          WeightView.rows(Shape.of(6, 9)),
          WeightView.columns(Shape.of(1)));

  static Stream<Arguments> cases() {
    return SCORES.stream()
        .flatMap(
            score ->
                GRANULARITIES.stream()
                    .flatMap(
                        name ->
                            VIEWS.stream()
                                .flatMap(
                                    view ->
                                        weights(view)
                                            .map(
                                                weight ->
                                                    Arguments.of(
                                                        score,
                                                        Granularities.parse(name),
                                                        weight)))));
  }

  static Stream<Weight> weights(WeightView view) {
    float[] random = new float[view.elements()];
    Random source = new Random(5);
    for (int i = 0; i < random.length; i++) {
      random[i] = i % 5 == 0 ? 0 : (float) source.nextGaussian();
    }
    float[] equal = new float[random.length];
    Arrays.fill(equal, 0.5f);
    float[] tiny = random.clone();
    for (int i = 0; i < tiny.length; i++) {
      tiny[i] = (i % 2 == 0 ? -1 : 1) * Float.MIN_VALUE * (i % 3);
    }
    return Stream.of(random, equal, tiny, new float[random.length])
        .map(values -> weight(view, values));
  }

  private static Weight weight(WeightView view, float... values) {
    Node node = Node.of("n", "", "Conv", List.of("x", "w"), List.of("y"), Map.of());
    return new Weight(node, "w", Tensor.of(values, values.length), view);
  }

  private static BitSet mask(
      ImportanceScore score, Granularity granularity, Budget budget, Weight weight) {
    double[] scores = score.of(weight, granularity.partition(weight.view()));
    return budget.choose(List.of(new ScoredWeight(weight.view(), scores))).getFirst();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theCountIsExactAndMasksGrowWithSparsity(
      ImportanceScore score, Granularity granularity, Weight weight) {
    int groups = granularity.partition(weight.view()).count();
    BitSet smaller = new BitSet();
    for (double sparsity : new double[] {0, 0.1, 0.35, 0.5, 0.8, 0.99, 1}) {
      BitSet mask = mask(score, granularity, new Share(sparsity, false), weight);
      assertThat(mask.cardinality()).isEqualTo((int) Math.round(sparsity * groups));
      assertThat(mask.length()).isLessThanOrEqualTo(groups);
      smaller.andNot(mask);
      assertThat(smaller.isEmpty()).as("the mask of a lower sparsity is part of this one").isTrue();
      smaller = mask;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void groupsBecomeZeroAndAllElseKeepsItsBits(
      ImportanceScore score, Granularity granularity, Weight weight) {
    Partition groups = granularity.partition(weight.view());
    Share budget = new Share(0.6, false);
    BitSet mask = mask(score, granularity, budget, weight);
    Tensor pruned = Groups.zeroed(weight, groups, mask);

    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              boolean zeroed = mask.get(groups.group(batch, row, tap, channel));
              int expected = zeroed ? 0 : Float.floatToRawIntBits(weight.tensor().f32(index));
              assertThat(Float.floatToRawIntBits(pruned.f32(index))).isEqualTo(expected);
            });

    Weight again = new Weight(weight.node(), weight.name(), pruned, weight.view());
    Tensor twice = Groups.zeroed(again, groups, mask(score, granularity, budget, again));
    assertThat(twice.toFloats()).as("pruning again changes nothing").isEqualTo(pruned.toFloats());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void groupsPartitionTheWeight(ImportanceScore score, Granularity granularity, Weight weight) {
    Partition groups = granularity.partition(weight.view());
    int[] sizes = new int[groups.count()];
    int[] visited = new int[weight.view().elements()];
    weight
        .view()
        .forEach(
            (index, batch, row, tap, channel) -> {
              sizes[groups.group(batch, row, tap, channel)]++;
              visited[index]++;
            });
    assertThat(IntStream.of(sizes).min().orElseThrow()).isPositive();
    assertThat(visited).containsOnly(1);
    assertThat(score.of(weight, groups)).hasSize(sizes.length);
  }

  @Test
  void theSmallestMagnitudesGo() {
    Weight weight = weight(WeightView.rows(Shape.of(1, 5)), -3, 1, -0.5f, 2, 0.1f);
    BitSet mask = mask(new L1Score(), Granularities.weight(), new Share(0.6, false), weight);
    assertThat(mask.stream()).containsExactly(1, 2, 4);
  }

  @Test
  void l1AndL2RankBlocksDifferently() {
    // Means of |w|: 1 and 0.75; root mean squares: 1 and 1.5.
    Weight weight = weight(WeightView.rows(Shape.of(1, 8)), 1, 1, 1, 1, 3, 0, 0, 0);
    Granularity block = Granularities.parse("1x4");
    assertThat(mask(new L1Score(), block, new Share(0.5, false), weight).stream())
        .containsExactly(1);
    assertThat(mask(new L2Score(), block, new Share(0.5, false), weight).stream())
        .containsExactly(0);
  }

  @Test
  void aBlockOfAConvolutionIsFourChannelsOfOneTap() {
    WeightView view = WeightView.conv(Shape.of(2, 8, 1, 3), 1);
    Partition groups = Granularities.parse("1x4").partition(view);
    int[] group = new int[view.elements()];
    view.forEach((i, batch, row, tap, c) -> group[i] = groups.group(batch, row, tap, c));
    // OIHW: element ((o * 8 + c) * 1 + 0) * 3 + kw.
    int last = group[(8 + 5) * 3 + 2];
    assertThat(IntStream.range(0, group.length).filter(i -> group[i] == last))
        .containsExactly((8 + 4) * 3 + 2, (8 + 5) * 3 + 2, (8 + 6) * 3 + 2, (8 + 7) * 3 + 2);
  }

  @Test
  void nOfMKeepsTheBestOfEachRunAndACeilingOfTheRest() {
    Weight weight = weight(WeightView.rows(Shape.of(2, 6)), 4, 1, 3, 2, 5, 6, 0, 0, 0, 0, -1, 1);
    NOfM half = new NOfM(2, 4);
    BitSet mask = mask(new L1Score(), half, half, weight);
    // Of the two at the end, ceil(2 * 2 / 4) = 1 is kept; of equals the first is zeroed.
    assertThat(mask.stream()).containsExactly(1, 3, 4, 6, 7, 10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nOfMNeverKeepsMore(ImportanceScore score, Granularity ignored, Weight weight) {
    for (NOfM pattern : List.of(new NOfM(1, 2), new NOfM(2, 4), new NOfM(3, 8), new NOfM(1, 64))) {
      BitSet mask = mask(score, pattern, pattern, weight);
      int channels = weight.view().channels();
      for (int row = 0; row < weight.view().elements(); row += channels) {
        for (int c = 0; c < channels; c += pattern.m()) {
          int run = Math.min(pattern.m(), channels - c);
          int zeroed = mask.get(row + c, row + c + run).cardinality();
          assertThat(run - zeroed).isEqualTo(Math.ceilDiv(pattern.n() * run, pattern.m()));
        }
      }
    }
    assertThat(ignored.name()).isNotEmpty();
  }

  @Test
  void theSeedDecidesAndNothingElse() {
    Weight weight = weights(VIEWS.getFirst()).findFirst().orElseThrow();
    Share half = new Share(0.5, false);
    Granularity single = Granularities.weight();
    BitSet mask = mask(new RandomScore(1), single, half, weight);
    assertThat(mask(new RandomScore(1), single, half, weight)).isEqualTo(mask);
    assertThat(mask(new RandomScore(2), single, half, weight)).isNotEqualTo(mask);
  }

  @Test
  void aGlobalBudgetIsExactAndDoesNotPunishSmallLayers() {
    double[] wide = new Random(1).doubles(1000).toArray();
    double[] small = Arrays.stream(wide).map(x -> x * 1e-6).toArray();
    WeightView view = WeightView.rows(Shape.of(1, 1000));
    List<BitSet> masks =
        new Share(0.3, true)
            .choose(List.of(new ScoredWeight(view, wide), new ScoredWeight(view, small)));
    assertThat(masks.getFirst().cardinality() + masks.getLast().cardinality()).isEqualTo(600);
    assertThat(masks.getLast().cardinality()).isBetween(299, 301);
  }

  @Test
  void theLowestAreThoseASortFinds() {
    double[] scores = new Random(9).doubles(5000).map(x -> Math.floor(x * 40) / 7).toArray();
    List<Integer> sorted =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[a], scores[b]))
            .toList();
    for (int count : new int[] {0, 1, 127, 2500, 5000}) {
      assertThat(Ranking.lowest(List.of(scores), count).getFirst().stream().boxed())
          .containsExactlyInAnyOrderElementsOf(sorted.subList(0, count));
    }
  }

  @Test
  void aThresholdZeroesWhatIsBelowIt() {
    Weight weight = weight(WeightView.rows(Shape.of(1, 4)), -0.1f, 0.5f, 0.49f, -2);
    assertThat(mask(new L1Score(), Granularities.weight(), new Threshold(0.5), weight).stream())
        .containsExactly(0, 2);
  }

  @Test
  void everyFloatTypeIsRead() {
    for (DType type : List.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64)) {
      Tensor tensor = Tensor.zeros(type, Shape.of(2));
      switch (type) {
        case FLOAT16 -> tensor.data().set(Tensor.I16, 2, Float.floatToFloat16(-1.5f));
        case BFLOAT16 ->
            tensor.data().set(Tensor.I16, 2, (short) (Float.floatToRawIntBits(-1.5f) >> 16));
        default -> tensor.data().set(Tensor.F64, 8, -1.5);
      }
      assertThat(tensor.real(1)).isEqualTo(-1.5);
      assertThat(Weight.zeros(tensor)).isEqualTo(1);
    }
  }

  @Test
  void nonsenseIsRefused() {
    for (double sparsity : new double[] {1.2, -1, Double.NaN}) {
      Assertions.assertThatThrownBy(() -> new Share(sparsity, false))
          .isInstanceOf(UsageException.class);
    }
    for (String name : List.of("5:4", "0:4", "2:65", "0x4", "4x", "channel", "")) {
      Assertions.assertThatThrownBy(() -> Granularities.parse(name))
          .isInstanceOf(UsageException.class);
    }
    Assertions.assertThatThrownBy(() -> new Threshold(Double.NaN))
        .isInstanceOf(UsageException.class);
    Assertions.assertThatThrownBy(() -> PruneMethods.parse("l3"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("l1, l2, threshold, random, sampled");
  }
}
