package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention of opset 23 against ONNX Runtime. */
class AttentionTest {

  private static final int B = 2;

  private static OperatorCase attention() {
    return op("Attention", 23).within(4e-6);
  }

  /** Queries, keys and values of rank 4. */
  private static OperatorCase split(int heads, int keyHeads, int queries, int keys) {
    return attention()
        .f32(B, heads, queries, 8)
        .f32(B, keyHeads, keys, 8)
        .f32(B, keyHeads, keys, 12);
  }

  /** The same of rank 3. */
  private static OperatorCase joint(int heads, int keyHeads, int queries, int keys) {
    return attention()
        .with("q_num_heads", heads)
        .with("kv_num_heads", keyHeads)
        .f32(B, queries, heads * 8L)
        .f32(B, keys, keyHeads * 8L)
        .f32(B, keys, keyHeads * 12L);
  }

  @ParameterizedTest
  @MethodSource
  void agrees(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> agrees() {
    List<OperatorCase> cases = new ArrayList<>();
    cases.add(split(3, 3, 5, 7));
    cases.add(joint(3, 3, 5, 7));
    cases.add(split(6, 2, 5, 7));
    cases.add(joint(6, 2, 5, 7));
    cases.add(joint(4, 1, 1, 70));
    cases.add(joint(2, 2, 300, 300));
    cases.add(split(3, 3, 5, 7).with("scale", 0.25f));
    cases.add(split(3, 3, 5, 7).with("softcap", 2f));
    cases.add(split(3, 3, 6, 6).with("is_causal", 1));
    cases.add(joint(2, 2, 200, 200).with("is_causal", 1));
    cases.add(split(3, 3, 5, 7).f32(5, 7));
    cases.add(split(3, 3, 5, 7).f32(3, 5, 7));
    cases.add(joint(3, 3, 5, 7).f32(B, 1, 5, 7).with("scale", 0.5f));
    cases.add(split(3, 3, 5, 7).f32(B, 3, 5, 7).with("softcap", 3f));
    cases.add(split(3, 3, 6, 7).fed(visible(6, 7)));
    cases.add(joint(6, 3, 6, 7).fed(visible(6, 7)));
    for (int mode = 0; mode < 4; mode++) {
      cases.add(traced(split(4, 2, 5, 7), mode).f32(5, 7));
      cases.add(traced(split(4, 2, 5, 7), mode).f32(5, 7).with("softcap", 2f));
    }
    cases.add(split(4, 2, 5, 7).none().f32(B, 2, 3, 8).f32(B, 2, 3, 12).outputs(3));
    cases.add(
        joint(4, 2, 5, 5).none().f32(B, 2, 3, 8).f32(B, 2, 3, 12).outputs(3).with("is_causal", 1));
    cases.add(joint(4, 2, 1, 1).f32(1, 10).f32(B, 2, 9, 8).f32(B, 2, 9, 12).outputs(3));
    return cases.stream();
  }

  private static OperatorCase traced(OperatorCase each, int mode) {
    return each.with("qk_matmul_output_mode", mode).onlyOutputs(0, 3);
  }

  /** A mask that hides some keys but never all. */
  private static Tensor visible(int rows, int keys) {
    byte[] values = new byte[rows * keys];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (i % 3 == 1 ? 0 : 1);
    }
    return Tensor.of(DType.BOOL, values, rows, keys);
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    for (OperatorCase each :
        List.of(
            split(3, 2, 5, 7),
            attention().f32(1, 5, 8).f32(1, 5, 8).f32(1, 5, 8),
            joint(3, 3, 5, 7).f32(4, 7),
            split(3, 3, 5, 7).with("qk_matmul_output_mode", 4),
            attention().f32(1, 2, 5, 8).f32(1, 2, 5, 9).f32(1, 2, 5, 8),
            split(3, 3, 5, 7).none().f32(B, 3, 3, 8))) {
      assertThatExceptionOfType(InvalidModelException.class).isThrownBy(each::run);
    }
  }

  @Test
  void otherTypesAreRefused() {
    DType half = DType.FLOAT16;
    OperatorCase each =
        attention().random(half, 1, 1, 2, 4).random(half, 1, 1, 2, 4).random(half, 1, 1, 2, 4);
    assertThatExceptionOfType(UnsupportedException.class)
        .isThrownBy(each::run)
        .withMessageContaining("float32");
  }
}
