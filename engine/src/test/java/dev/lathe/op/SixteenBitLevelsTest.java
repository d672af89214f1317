package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Graph;
import dev.lathe.graph.Network;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.quant.Arithmetic;
import dev.lathe.quant.TensorQuantizer;
import dev.lathe.runtime.NetworkRunner;
import dev.lathe.runtime.RunOptions;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numeric contract at 16 bits, on the values that matter. */
class SixteenBitLevelsTest {

  @ParameterizedTest
  @CsvSource({
    "UINT16, 0.25, 0", "UINT16, 0.001, 65535", "UINT16, 3e-39, 7",
    "INT16, 0.25, 0", "INT16, 0.1, -32768", "INT16, 1e30, 32767"
  })
  void levelsAndValuesFollowTheContract(DType type, float scale, int zeroPoint) {
    float[] values = new float[1000];
    Random random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * 20_000) * scale;
    }
    float[] edges = {
      0,
      -0f,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.MAX_VALUE,
      -Float.MAX_VALUE,
      Float.MIN_VALUE,
      0.5f * scale,
      1.5f * scale,
      -2.5f * scale
    };
    System.arraycopy(edges, 0, values, 0, edges.length);
    List<Tensor> outputs = run(Tensor.of(values, values.length), type, scale, zeroPoint);
    int low = type == DType.INT16 ? -32768 : 0;
    int high = type == DType.INT16 ? 32767 : 65535;
    for (int i = 0; i < values.length; i++) {
      int level = Arithmetic.quantize(values[i], scale, zeroPoint, low, high);
      assertThat(outputs.get(0).integer(i)).as("%s", values[i]).isEqualTo(level);
      assertThat(outputs.get(1).f32(i)).isEqualTo(Arithmetic.dequantize(level, scale, zeroPoint));
    }
  }

  private static List<Tensor> run(Tensor input, DType type, float scale, int zeroPoint) {
    long[] dims = input.shape().dims();
    Graph graph =
        new Graph(
            "g",
            List.of(ValueInfo.of("x", DType.FLOAT32, dims)),
            List.of(ValueInfo.of("q", type, dims), ValueInfo.of("y", DType.FLOAT32, dims)),
            Map.of(
                "s",
                Tensor.scalar(scale),
                "z",
                TensorQuantizer.integers(type, new int[] {zeroPoint})),
            List.of(
                Node.of(
                    "quantize",
                    "",
                    "QuantizeLinear",
                    List.of("x", "s", "z"),
                    List.of("q"),
                    Map.of()),
                Node.of(
                    "dequantize",
                    "",
                    "DequantizeLinear",
                    List.of("q", "s", "z"),
                    List.of("y"),
                    Map.of())),
            Map.of(),
            null);
    Network network = new Network(10, Map.of("", 21L), graph, "", Map.of(), null);
    try (NetworkRunner runner = new NetworkRunner(network, RunOptions.standard())) {
      return runner.run(List.of(input)).stream()
          .map(
              output -> {
                Tensor copy = Tensor.zeros(output.dtype(), output.shape());
                copy.data().copyFrom(output.data());
                return copy;
              })
          .toList();
    }
  }
}
