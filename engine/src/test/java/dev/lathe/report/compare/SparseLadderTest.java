package dev.lathe.report.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.cpu.Isa;
import dev.lathe.error.UsageException;
import dev.lathe.kernel.SlabAxis;
import dev.lathe.kernel.dispatch.SparseCosts;
import dev.lathe.kernel.dispatch.SparseForecast;
import dev.lathe.measure.Bootstrap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparseLadderTest {

  private static final Bootstrap.Interval FASTER = new Bootstrap.Interval(2, 1.9, 2.1);

  @Test
  void everyPatternHasEveryShareInFloatsAndIntegers() {
    List<Rung> rungs = SparseLadder.rungs("minmax");

    assertThat(rungs).hasSize(1 + 4 + 2 * (3 * 4 + 1));
    assertThat(rungs.getFirst().isBaseline()).isTrue();
    assertThat(rungs).extracting(Rung::name).doesNotHaveDuplicates();
    assertThat(rungs)
        .extracting(Rung::name)
        .contains("int8", "int4", "int2", "binary", "weight-50", "4x4-95-int8", "2:4", "2:4-int8");
    assertThat(rungs).noneMatch(Rung::simulated);
  }

  @Test
  void selectionKeepsTheDenseRowThatOthersAreToldFrom() {
    assertThat(Ladder.selectSparse("minmax", List.of("1x4-90-int8"), List.of()))
        .extracting(Rung::name)
        .containsExactly("fp32", "int8", "1x4-90-int8");
    assertThat(Ladder.selectSparse("minmax", List.of("1x4-90"), List.of()))
        .extracting(Rung::name)
        .containsExactly("fp32", "1x4-90");
    assertThatThrownBy(() -> Ladder.selectSparse("minmax", List.of("1x4-91"), List.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1x4-91");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "weight-75|lathe prune m.onnx --granularity weight --method l1 --sparsity 0.75 -o"
            + " weight-75.onnx",
        "2:4|lathe prune m.onnx --granularity 2:4 --method l1 -o 2-4.onnx",
        "binary|lathe quantize m.onnx --data d --weights binary --activations uint8 --repair none"
            + " --format qdq --calibrate mse -o binary.onnx",
        "1x4-90-int8|lathe prune m.onnx --granularity 1x4 --method l1 --sparsity 0.9 -o"
            + " prune-1x4-90-int8.onnx && lathe quantize prune-1x4-90-int8.onnx --data d --weights"
            + " int8 --activations uint8 --repair none --format qdq --calibrate mse -o"
            + " 1x4-90-int8.onnx"
      })
  void verbsMakeTheModelOfARow(String name, String command) {
    Rung rung = Ladder.selectSparse("mse", List.of(name), List.of()).getLast();
    Commands commands =
        new Commands(
            List.of("m.onnx", "--data", "d", "--ladder"),
            List.of(),
            List.of(),
            List.of("m.onnx", "--data", "d"),
            List.of());

    assertThat(commands.make(rung)).isEqualTo(command);
    assertThat(commands.compare(rung))
        .isEqualTo("lathe compare m.onnx --data d --ladder --only " + name);
  }

  @Test
  void speedIsClaimedForKernelsTheDenseRowDoesNotHave() {
    Place place = new Place("1x4", 0.9, Place.FLOAT);

    Gain sparse =
        Gain.of(place, FASTER, List.of("gemm", "spmm"), List.of("gemm"), forecasts(0.9, true));
    assertThat(sparse.claimed()).isTrue();
    assertThat(sparse.sentence()).isEqualTo("1 of 1 layers on sparse kernels");

    Gain dense = Gain.of(place, FASTER, List.of("gemm"), List.of("gemm"), forecasts(0.3, false));
    assertThat(dense.claimed()).isFalse();
    assertThat(dense.sentence())
        .matches(
            "dense kernels, as no layer has enough zeros; weight pays from \\d+ %, 4x4 pays from"
                + " \\d+ %: no speed over fp32 is claimed");

    Gain none = Gain.of(place, FASTER, List.of("gemm"), List.of("gemm"), forecasts(0, false));
    assertThat(none.sentence()).contains("no layer with zeros has a sparse one here");
  }

  @Test
  void narrowIntegersOnTheKernelsOfInt8ClaimNothing() {
    Bootstrap.Interval level = new Bootstrap.Interval(1.01, 0.99, 1.03);
    Gain same = Gain.of(Place.dense(4), level, List.of("u8s8"), List.of("u8s8", "pad"), List.of());
    assertThat(same.claimed()).isFalse();
    assertThat(same.sentence())
        .isEqualTo("the kernels of int8, 8 bits each: no speed over int8 is claimed");

    Gain small = Gain.of(Place.dense(4), FASTER, List.of("u8s8"), List.of("u8s8"), List.of());
    assertThat(small.claimed()).isTrue();
    assertThat(small.sentence()).isEqualTo("the kernels of int8, faster with small weights here");

    assertThat(Gain.of(Place.dense(8), FASTER, List.of("u8s8"), List.of("f32"), List.of()))
        .returns("fp32", Gain::against)
        .returns(true, Gain::claimed);
  }

  private static List<SparseForecast> forecasts(double sparsity, boolean chosen) {
    SparseCosts costs = SparseCosts.assumed(SparseCosts.Kind.F32, Isa.VECTOR256);
    SlabAxis axis = new SlabAxis(14, 14, 3, 1, 1, 1);
    return List.of(
        new SparseForecast(
            costs, costs.shape(axis, axis, 64, 64, 64, 64), 1, 1, sparsity, 1, chosen));
  }

  @Test
  void curvesRunFromLeftToRightAndTheirNamesStandApart() {
    List<Curves.Value> rising =
        List.of(
            new Curves.Value(0, 1, 1, 1, false, "a"), new Curves.Value(2, 3, 2.5, 3.5, true, "b"));
    Curves curves =
        Curves.of(
            "t",
            "x",
            "y",
            List.of(new Curves.Mark(0, "0"), new Curves.Mark(2, "2")),
            1,
            List.of(
                new Curves.Series("one", rising),
                new Curves.Series("two", rising),
                new Curves.Series("three", rising)));

    assertThat(curves.reference()).isBetween(28.0, 288.0);
    List<Curves.Curve> drawn = curves.curves();
    for (int i = 1; i < drawn.size(); i++) {
      assertThat(drawn.get(i).labelY() - drawn.get(i - 1).labelY()).isGreaterThanOrEqualTo(15);
    }
    Curves.Dot first = drawn.getFirst().dots().getFirst();
    Curves.Dot last = drawn.getFirst().dots().getLast();
    assertThat(first.x()).isLessThan(last.x());
    assertThat(first.y()).isCloseTo(curves.reference(), within(1e-9));
    assertThat(last.y()).isBetween(last.high(), last.low());
    assertThat(last.hollow()).isTrue();
  }
}
