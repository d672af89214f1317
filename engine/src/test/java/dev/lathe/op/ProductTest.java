package dev.lathe.op;

import static dev.lathe.op.OperatorCase.assertSame;
import static dev.lathe.op.OperatorCase.lathe;
import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BFLOAT16;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Gemm and MatMul in every form, against ONNX Runtime and against sums in double. */
class ProductTest {

  @ParameterizedTest
  @MethodSource
  void matMul(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> matMul() {
    List<OperatorCase> cases = new ArrayList<>();
    for (boolean known : new boolean[] {false, true}) {
      cases.add(matMul(known, new long[] {7, 40}, 40, 33));
      cases.add(matMul(known, new long[] {1, 40}, 40, 65));
      cases.add(matMul(known, new long[] {40}, 40, 65));
      cases.add(matMul(known, new long[] {5, 40}, 40));
      cases.add(matMul(known, new long[] {40}, 40));
      cases.add(matMul(known, new long[] {2, 3, 9, 17}, 2, 3, 17, 70));
      cases.add(matMul(known, new long[] {2, 3, 9, 17}, 17, 31));
      cases.add(matMul(known, new long[] {9, 17}, 4, 17, 31));
      cases.add(matMul(known, new long[] {2, 1, 9, 17}, 3, 17, 31));
      cases.add(matMul(known, new long[] {1, 3, 9, 17}, 2, 1, 17, 31));
      cases.add(matMul(known, new long[] {17}, 2, 17, 31));
      cases.add(matMul(known, new long[] {3, 2, 17}, 17));
      cases.add(matMul(known, new long[] {2, 4, 200}, 2, 200, 3));
    }
    cases.add(op("MatMul", 13).random(FLOAT64, 2, 5, 9).random(FLOAT64, 9, 4));
    for (DType type : List.of(INT32, INT64)) {
      cases.add(op("MatMul", 13).random(type, 2, 1, 5, 9).random(type, 3, 9, 4));
    }
    return cases.stream();
  }

  private static OperatorCase matMul(boolean known, long[] lhs, long... rhs) {
    OperatorCase each = op("MatMul", 13).f32(lhs).f32(rhs);
    return known ? each.known() : each;
  }

  @ParameterizedTest
  @MethodSource
  void gemm(OperatorCase each) throws OrtException {
    each.within(1e-4).check();
  }

  static Stream<OperatorCase> gemm() {
    List<OperatorCase> cases = new ArrayList<>();
    for (boolean known : new boolean[] {false, true}) {
      for (int trans = 0; trans < 4; trans++) {
        cases.add(gemm(known, trans).f32(37));
        cases.add(gemm(known, trans));
      }
      cases.add(gemm(known, 1).f32(5, 37));
      cases.add(gemm(known, 1).f32(37).known());
      cases.add(gemm(known, 1).f32(1, 37).known().with("beta", 0.5f));
      cases.add(gemm(known, 0).f32(5, 37).with("beta", 0.5f));
      cases.add(gemm(known, 0).f32(5, 1).with("beta", -2f).with("alpha", 0.25f));
      cases.add(gemm(known, 2).f32(5, 1).known().with("alpha", 3f));
      cases.add(gemm(known, 3).f32(1).with("alpha", 0.3f));
      cases.add(gemm(known, 3).f32().known().with("alpha", 0.3f));
    }
    cases.add(op("Gemm", 13).random(FLOAT64, 3, 6).random(FLOAT64, 6, 4).random(FLOAT64, 4));
    return cases.stream();
  }

  private static OperatorCase gemm(boolean known, int trans) {
    boolean transA = (trans & 2) != 0;
    boolean transB = (trans & 1) != 0;
    OperatorCase each =
        op("Gemm", 13).with("transA", transA ? 1 : 0).with("transB", transB ? 1 : 0);
    each = transA ? each.f32(40, 5) : each.f32(5, 40);
    each = transB ? each.f32(37, 40) : each.f32(40, 37);
    return known ? each.known() : each;
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "BFLOAT16", "INT32", "UINT64"})
  void otherTypesRoundOnce(DType type) {
    OperatorCase each = op("Gemm", 13).with("transB", 1).random(type, 3, 6).random(type, 4, 6);
    Tensor b = each.latest();
    Tensor a = each.first();
    Tensor c = each.random(type, 4).latest();
    Tensor expected = Tensor.zeros(type, Shape.of(3, 4));
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 4; j++) {
        double sum = Elements.getDouble(type, c.data(), 0, j);
        for (int k = 0; k < 6; k++) {
          sum +=
              Elements.getDouble(type, a.data(), 0, i * 6 + k)
                  * Elements.getDouble(type, b.data(), 0, j * 6 + k);
        }
        Elements.putDouble(type, expected.data(), 0, i * 4 + j, sum);
      }
    }
    assertSame(each.run().getFirst(), expected, 0);
  }

  @Test
  void theInternalProductAppliesItsWholeEpilogueInOrder() {
    OperatorCase each =
        lathe("MatMul")
            .with("alpha", 0.5f)
            .with("transB", 1)
            .with("min", -1f)
            .with("max", 9f)
            .with("activation", "LEAKY_RELU")
            .with("activation_a", 0.25f);
    Tensor a = each.f32(2, 3, 70).latest();
    Tensor b = each.f32(90, 70).latest();
    Tensor bias = each.f32(90).known().latest();
    Tensor addend = each.f32(2, 3, 90).latest();
    Tensor expected = Tensor.zeros(DType.FLOAT32, Shape.of(2, 3, 90));
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 90; j++) {
        double sum = 0;
        for (int k = 0; k < 70; k++) {
          sum += 0.5 * a.f32(i * 70L + k) * b.f32(j * 70L + k);
        }
        double y = Math.clamp(sum + bias.f32(j) + addend.f32(i * 90L + j), -1, 9);
        expected.data().set(Tensor.F32, 4L * (i * 90 + j), (float) (y < 0 ? y / 4 : y));
      }
    }
    assertSame(each.run().getFirst(), expected, 2e-5);
  }

  @Test
  void emptyExtentsGiveZerosOrNothing() {
    assertSame(
        op("MatMul", 13).f32(2, 0).f32(0, 3).run().getFirst(),
        Tensor.zeros(DType.FLOAT32, Shape.of(2, 3)),
        0);
    assertSame(
        op("MatMul", 13).f32(0, 4).f32(4, 3).run().getFirst(),
        Tensor.zeros(DType.FLOAT32, Shape.of(0, 3)),
        0);
    assertSame(
        op("Gemm", 13).random(FLOAT16, 0, 4).random(FLOAT16, 4, 3).run().getFirst(),
        Tensor.zeros(FLOAT16, Shape.of(0, 3)),
        0);
    assertSame(
        op("MatMul", 13).random(BFLOAT16, 2, 0).random(BFLOAT16, 0, 3).run().getFirst(),
        Tensor.zeros(BFLOAT16, Shape.of(2, 3)),
        0);
  }
}
