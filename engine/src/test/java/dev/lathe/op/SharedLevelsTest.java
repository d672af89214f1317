package dev.lathe.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.graph.ValueInfo;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.measure.SeededInputs;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** MatMulNBits whose levels are one constant under two scales: each keeps its own. */
@PerTier
class SharedLevelsTest {

  private static final int K = 64;
  private static final int N = 24;
  private static final int BLOCK = 32;

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 4", "7, 0"})
  void twiceTheScaleIsTwiceTheResult(int rows, int accuracyLevel) {
    Map<String, Tensor> constants =
        Map.of(
            "w", SeededInputs.of(TensorFact.of(DType.UINT8, Shape.of(N, 2, BLOCK / 2)), 1),
            "once", scales(0.25f),
            "twice", scales(0.5f));
    Graph graph =
        new Graph(
            "g",
            List.of(new ValueInfo("x", null, null, null)),
            List.of(new ValueInfo("y", null, null, null), new ValueInfo("z", null, null, null)),
            constants,
            List.of(product("once", "y", accuracyLevel), product("twice", "z", accuracyLevel)),
            Map.of(),
            null);
    Tensor x = SeededInputs.of(TensorFact.of(DType.FLOAT32, Shape.of(rows, K)), 2);
    List<Tensor> results = OperatorRun.run(graph, 17, Map.of("x", x), 1);

    float[] once = results.getFirst().toFloats();
    float[] twice = results.getLast().toFloats();
    assertThat(once).hasSize(rows * N).doesNotContain(0);
    for (int i = 0; i < once.length; i++) {
      assertThat(twice[i]).isEqualTo(2 * once[i]);
    }
  }

  private static Tensor scales(float value) {
    float[] scales = new float[2 * N];
    Arrays.fill(scales, value);
    return Tensor.of(scales, scales.length);
  }

  private static Node product(String scales, String output, int accuracyLevel) {
    return Node.of(
        output,
        Microsoft.DOMAIN,
        "MatMulNBits",
        List.of("x", "w", scales),
        List.of(output),
        Map.of(
            "K", new Attribute.Int(K),
            "N", new Attribute.Int(N),
            "bits", new Attribute.Int(4),
            "block_size", new Attribute.Int(BLOCK),
            "accuracy_level", new Attribute.Int(accuracyLevel)));
  }
}
