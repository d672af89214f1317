package dev.lathe.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.onnx.OnnxReader;
import dev.lathe.sample.SampleData;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConstantStatisticsTest {

  private static List<ConstantStatistics> of(Map<String, Tensor> constants, Node... nodes) {
    Map<String, Tensor> ordered = new LinkedHashMap<>(constants);
    ValueInfo in = ValueInfo.of("x", DType.FLOAT32);
    Graph graph = new Graph("g", List.of(in), List.of(), ordered, List.of(nodes), Map.of(), null);
    List<ConstantStatistics> all = new ArrayList<>();
    ConstantStatistics.forEach(
        new Network(8, Map.of("", 17L), graph, "", Map.of(), null), all::add);
    return all;
  }

  private static long sum(ConstantStatistics one) {
    return one.counts().stream().mapToLong(Long::longValue).sum();
  }

  private static Node node(String op, String... inputs) {
    return Node.of(op, "", op, List.of(inputs), List.of(op + "_out"), Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "Conv, 1, 0, 2",
    "ConvTranspose, 1, 1, 4",
    "MatMul, 1, 2, 3",
    "MatMul, 0, 1, 4",
    "QLinearConv, 3, 0, 2",
    "MatMulInteger, 1, 2, 3",
    "Add, 1, -1, 0"
  })
  void channelsAreThoseOfTheOutput(String op, int input, int axis, int channels) {
    String[] inputs = {"x", "x", "x", "x"};
    inputs[input] = "w";
    Tensor weight = Tensor.of(new float[24], 2, 4, 3);
    ConstantStatistics one = of(Map.of("w", weight), node(op, inputs)).getFirst();
    assertThat(one.axis()).isEqualTo(axis);
    assertThat(one.channels()).hasSize(channels);
    assertThat(one.reader()).isEqualTo(op);
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0"})
  void theChannelsOfDequantizedWeightsAreThoseOfTheirProduct(int transposed, int axis) {
    Node gemm =
        node("Gemm", "x", "DequantizeLinear_out")
            .withAttribute("transB", new Attribute.Int(transposed));
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("q", Tensor.of(DType.INT8, new byte[] {1, 2, 3, 4, 5, -6}, 2, 3));
    constants.put("s", Tensor.scalar(1));
    List<ConstantStatistics> all = of(constants, node("DequantizeLinear", "q", "s"), gemm);
    assertThat(all).extracting(ConstantStatistics::axis).containsExactly(axis, -1);
    assertThat(all.getFirst().all().min()).isEqualTo(-6);
  }

  /** A filter of 0, 1, ..., 31 and one of 31 times 0 and 31: bins one wide, the last one closed. */
  @Test
  void binsHoldWhatTheirEdgesSay() {
    float[] values = new float[64];
    for (int i = 0; i < 32; i++) {
      values[i] = i;
    }
    values[63] = 31;
    ConstantStatistics one =
        of(Map.of("w", Tensor.of(values, 2, 32, 1)), node("Conv", "x", "w")).getFirst();
    assertThat(one.channels().get(0).counts().get(31)).isEqualTo(1);
    assertThat(one.channels().get(1).counts().get(0)).isEqualTo(31);
    assertThat(one.channels().get(1).values().zeros()).isEqualTo(31);
    assertThat(one.channels().get(1).values().mean()).isEqualTo(31 / 32.0);
    assertThat(one.channels().get(1).values().std())
        .isCloseTo(Math.sqrt(31 * 31 * 31) / 32, within(1e-12));
    assertThat(sum(one)).isEqualTo(64);
  }

  @Test
  void whatIsNotFiniteIsCountedWhereItIs() {
    float[] values = {0, Float.NaN, 1, Float.POSITIVE_INFINITY, -1, Float.NEGATIVE_INFINITY};
    ConstantStatistics one =
        of(Map.of("w", Tensor.of(values, 3, 2)), node("Conv", "x", "w")).getFirst();
    assertThat(one.all().nans()).isEqualTo(1);
    assertThat(one.all().infinities()).isEqualTo(2);
    assertThat(one.channels()).extracting(channel -> channel.values().nans()).contains(1L, 0L, 0L);
    assertThat(sum(one)).isEqualTo(3);
    assertThat(one.all().max()).isEqualTo(1);
  }

  @Test
  void extremesHaveStatistics() {
    Map<String, Tensor> constants = new LinkedHashMap<>();
    constants.put("one", Tensor.scalar(3));
    constants.put("nan", Tensor.of(new float[] {Float.NaN, Float.NaN}, 2));
    constants.put("wide", Tensor.of(new float[] {-Float.MAX_VALUE, Float.MAX_VALUE}, 2));
    constants.put("tiny", Tensor.of(new float[] {Float.MIN_VALUE, 0, -Float.MIN_VALUE}, 3));
    constants.put("shape", Tensor.of(new long[] {1, 2}, 2));
    constants.put("empty", Tensor.of(new float[0], 0));
    List<ConstantStatistics> all = of(constants, node("Add", "one", "nan"));
    assertThat(all)
        .extracting(ConstantStatistics::name)
        .containsExactly("one", "nan", "wide", "tiny");
    assertThat(all.get(0).counts().get(0)).isEqualTo(1);
    assertThat(sum(all.get(1))).isZero();
    assertThat(all.get(2).counts().get(0) + all.get(2).counts().get(31)).isEqualTo(2);
    assertThat(
            all.get(3).counts().get(0) + all.get(3).counts().get(16) + all.get(3).counts().get(31))
        .isEqualTo(3);
  }

  @Test
  void partsOfATrainedModelAddUp() throws IOException {
    ConstantStatistics.forEach(
        OnnxReader.read(SampleData.MODEL.bytes()),
        one -> {
          assertThat(sum(one)).isEqualTo(one.all().elements());
          for (int bin = 0; bin < ConstantStatistics.BINS && one.axis() >= 0; bin++) {
            int same = bin;
            assertThat(one.channels().stream().mapToLong(each -> each.counts().get(same)).sum())
                .isEqualTo(one.counts().get(bin));
          }
        });
  }
}
