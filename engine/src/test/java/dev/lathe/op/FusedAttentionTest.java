package dev.lathe.op;

import static dev.lathe.op.OperatorCase.microsoft;
import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.error.UnsupportedException;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime's forms of attention, and rotary embeddings, against ONNX Runtime. */
class FusedAttentionTest {

  private static final int B = 2;

  @ParameterizedTest
  @MethodSource
  void agrees(OperatorCase each) throws OrtException {
    each.within(1e-5).check();
  }

  private static OperatorCase whole() {
    return microsoft("Attention")
        .with("num_heads", 3)
        .f32(B, 5, 12)
        .f32(12, 72)
        .known()
        .f32(72)
        .known();
  }

  private static OperatorCase parts(int queries, int keys) {
    return microsoft("MultiHeadAttention")
        .with("num_heads", 3)
        .f32(B, queries, 24)
        .f32(B, keys, 24)
        .f32(B, keys, 24);
  }

  /** The first sequence is whole, the second padded. */
  private static Tensor padded(int keys) {
    int[] values = new int[B * keys];
    for (int i = 0; i < values.length; i++) {
      values[i] = i < keys + 3 ? 1 : 0;
    }
    return Tensor.of(values, B, keys);
  }

  static Stream<OperatorCase> agrees() {
    return Stream.of(
        whole(),
        whole().with("scale", 0.2f),
        whole().with("unidirectional", 1),
        whole().fed(padded(5)),
        whole().none().none().f32(B, 3, 5, 5),
        parts(5, 7),
        parts(5, 7).f32(72),
        parts(5, 7).with("scale", 0.3f).f32(72).fed(padded(7)),
        parts(5, 7).none().none().f32(1, 3, 5, 7),
        parts(6, 6).with("unidirectional", 1));
  }

  @ParameterizedTest
  @MethodSource
  void rotary(OperatorCase each) throws OrtException {
    each.within(4e-6).check();
  }

  static Stream<OperatorCase> rotary() {
    Tensor positions = Tensor.of(new long[] {0, 3, 2, 1, 9, 4, 4, 8, 7, 5}, B, 5);
    return Stream.of(
        op("RotaryEmbedding", 23).f32(B, 3, 5, 8).f32(10, 4).f32(10, 4).fed(positions),
        op("RotaryEmbedding", 23).f32(B, 3, 5, 8).f32(B, 5, 4).f32(B, 5, 4),
        op("RotaryEmbedding", 23)
            .with("num_heads", 3)
            .with("interleaved", 1)
            .f32(B, 5, 24)
            .f32(10, 4)
            .f32(10, 4)
            .fed(positions),
        op("RotaryEmbedding", 23)
            .with("rotary_embedding_dim", 4)
            .f32(B, 3, 5, 8)
            .f32(10, 2)
            .f32(10, 2)
            .fed(positions),
        op("RotaryEmbedding", 23)
            .with("rotary_embedding_dim", 4)
            .with("interleaved", 1)
            .with("num_heads", 3)
            .f32(B, 5, 24)
            .f32(B, 5, 2)
            .f32(B, 5, 2),
        microsoft("RotaryEmbedding").f32(B, 5, 24).fed(positions).f32(10, 4).f32(10, 4),
        microsoft("RotaryEmbedding")
            .with("interleaved", 1)
            .f32(B, 3, 5, 8)
            .fed(Tensor.of(new long[] {2}, 1))
            .f32(10, 4)
            .f32(10, 4));
  }

  @Test
  void unsupportedForms() {
    for (OperatorCase each :
        List.of(
            whole().none().f32(2, B, 3, 4, 8),
            whole().outputs(2),
            whole().fed(Tensor.of(new int[] {5, 3}, B)),
            parts(5, 7).outputs(3),
            microsoft("MultiHeadAttention")
                .with("num_heads", 3)
                .f32(B, 5, 3, 3, 8)
                .none()
                .none())) {
      assertThatExceptionOfType(UnsupportedException.class).isThrownBy(each::run);
    }
  }

  @Test
  void shapesThatDoNotFit() {
    for (OperatorCase each :
        List.of(
            whole().with("num_heads", 5),
            parts(5, 7).with("num_heads", 5),
            parts(5, 7).f32(71),
            op("RotaryEmbedding", 23).f32(B, 3, 5, 8).f32(B, 5, 3).f32(B, 5, 3),
            op("RotaryEmbedding", 23).f32(B, 5, 24).f32(B, 5, 4).f32(B, 5, 4))) {
      assertThatExceptionOfType(InvalidModelException.class).isThrownBy(each::run);
    }
  }
}
