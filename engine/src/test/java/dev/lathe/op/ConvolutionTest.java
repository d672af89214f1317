package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolutions in ONNX's own layout against ONNX Runtime. */
class ConvolutionTest {

  @ParameterizedTest
  @MethodSource
  void againstOnnxRuntime(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> againstOnnxRuntime() {
    return Stream.of(
        op("Conv", 11).f32(2, 4, 9).f32(6, 2, 3).f32(6).with("group", 2).with("pads", 2, 1),
        op("Conv", 11)
            .f32(2, 3, 7, 8)
            .f32(5, 3, 3, 2)
            .with("strides", 2, 1)
            .with("dilations", 1, 3)
            .with("pads", 1, 0, 2, 3),
        op("Conv", 11).f32(1, 2, 5, 6, 4).f32(3, 2, 2, 3, 2).f32(3).with("auto_pad", "SAME_LOWER"),
        transposed().f32(2, 4, 5).f32(4, 3, 4).f32(3).with("strides", new long[] {3}),
        transposed().f32(2, 4, 5).f32(4, 3, 3).f32(6).with("group", 2).with("pads", 1, 0),
        transposed()
            .f32(1, 3, 4, 5)
            .f32(3, 2, 3, 3)
            .with("strides", 2, 3)
            .with("pads", 1, 0, 0, 2)
            .with("output_padding", 1, 2),
        transposed().f32(1, 3, 4, 5).f32(3, 2, 3, 2).with("dilations", 2, 3).with("strides", 2, 2),
        transposed()
            .f32(1, 2, 3, 4)
            .f32(2, 3, 3, 3)
            .with("strides", 2, 2)
            .with("auto_pad", "VALID"),
        transposed().f32(1, 2, 3, 2, 4).f32(2, 3, 2, 2, 3).f32(3).with("strides", 2, 2, 1));
  }

  private static OperatorCase transposed() {
    return op("ConvTranspose", 11);
  }

  /** ONNX, ConvTranspose: only SAME_UPPER puts the smaller half of the padding first. */
  @ParameterizedTest
  @CsvSource({"SAME_UPPER, 0", "SAME_LOWER, 1", "NOTSET, 1"})
  void anOutputShapeDecidesThePadding(String autoPad, int before) {
    Tensor given =
        transposed()
            .with("strides", new long[] {2})
            .with("auto_pad", autoPad)
            .with("output_shape", new long[] {6})
            .fed(Tensor.of(new float[] {1, 10, 100}, 1, 1, 3))
            .fed(Tensor.of(new float[] {1, 2, 3}, 1, 1, 3))
            .run()
            .getFirst();
    float[] whole = {1, 2, 13, 20, 130, 200, 300};
    assertThat(given.toFloats())
        .containsExactly(java.util.Arrays.copyOfRange(whole, before, before + 6));
  }

  @ParameterizedTest
  @CsvSource({"FLOAT16, 4e-3", "BFLOAT16, 3e-2", "FLOAT64, 1e-6"})
  void otherFloatsRoundOnce(DType type, double tolerance) {
    for (String name : new String[] {"Conv", "ConvTranspose"}) {
      OperatorCase typed = op(name, 22).random(type, 1, 3, 5, 6);
      Tensor x = typed.first();
      Tensor w = typed.random(type, 3, 3, 2, 2).latest();
      OperatorCase.assertSame(
          cast(typed.run().getFirst()),
          op(name, 22).fed(cast(x)).fed(cast(w)).run().getFirst(),
          tolerance);
    }
  }

  /** Without offsets it is a plain convolution. */
  @Test
  void undeformedTapsAreAConvolution() {
    OperatorCase plain =
        op("Conv", 22).with("group", 2).with("pads", 1, 0, 1, 2).with("strides", 2, 1);
    OperatorCase deformed = op("DeformConv", 22).like(plain);
    Tensor x = plain.f32(2, 4, 6, 7).latest();
    Tensor w = plain.f32(6, 2, 3, 2).latest();
    Tensor b = plain.f32(6).latest();
    Tensor expected = plain.run().getFirst();
    long height = expected.shape().dim(2);
    long width = expected.shape().dim(3);
    Tensor offsets = Tensor.zeros(DType.FLOAT32, Shape.of(2, 12, height, width));
    OperatorCase.assertSame(
        deformed.fed(x).fed(w).fed(offsets).fed(b).run().getFirst(), expected, 2e-5);
  }

  /** One 1x1 tap per group of offsets that reads between pixels, and outside. */
  @Test
  void offsetsMoveTapsAndMasksScaleThem() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 10, 20, 30, 40}, 1, 2, 2, 2);
    Tensor w = Tensor.of(new float[] {1, 1}, 1, 2, 1, 1);
    // Group 0: rows +0.5, columns +0.25. Group 1: rows 0, columns -1.5: the left column leaves.
    float[] moves = new float[16];
    java.util.Arrays.fill(moves, 0, 4, 0.5f);
    java.util.Arrays.fill(moves, 4, 8, 0.25f);
    java.util.Arrays.fill(moves, 12, 16, -1.5f);
    Tensor offsets = Tensor.of(moves, 1, 4, 2, 2);
    Tensor mask = Tensor.of(new float[] {1, 1, 1, 2, 1, 0.5f, 1, 1}, 1, 2, 2, 2);
    Tensor y =
        op("DeformConv", 22)
            .with("offset_group", 2L)
            .fed(x)
            .fed(w)
            .fed(offsets)
            .none()
            .fed(mask)
            .run()
            .getFirst();
    // Group 0: 2.25 | 0.75 * 3 | 0.5 * 3.25 | 2 * 0.375 * 4. Group 1: 0 | 0.5 * 0.5 * 10 | 0 | 15.
    assertThat(y.toFloats()).containsExactly(2.25f, 2.25f + 2.5f, 1.625f, 3 + 15);
  }

  private static Tensor cast(Tensor tensor) {
    return op("Cast", 13).with("to", 1L).fed(tensor).run().getFirst();
  }
}
