package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Resize and Upsample against ONNX Runtime. */
class ResizeTest {

  @ParameterizedTest
  @MethodSource
  void resizes(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> resizes() {
    List<OperatorCase> cases = new ArrayList<>();
    List<Float> doubled = List.of(1f, 1f, 2f, 2f);
    cases.add(op("Upsample", 7).with("scales", new Attribute.Reals(doubled)).f32(1, 2, 3, 4));
    cases.add(scaled(op("Upsample", 9).f32(1, 2, 3, 4), 1, 1, 2, 3));
    cases.add(scaled(op("Upsample", 9).with("mode", "linear").f32(1, 2, 3, 4), 1, 1, 2, 2));
    cases.add(scaled(op("Resize", 10).f32(1, 2, 6, 4), 1, 1, 0.5f, 2));
    for (String transform :
        List.of("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")) {
      for (String rounding : List.of("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")) {
        cases.add(
            scaled(
                resize(13, "nearest", transform)
                    .with("nearest_mode", rounding)
                    .f32(1, 2, 5, 4)
                    .none(),
                1,
                1,
                2,
                1.5f));
      }
      cases.add(scaled(resize(13, "linear", transform).f32(2, 3, 5, 4).none(), 1, 1, 2, 3));
      cases.add(scaled(resize(13, "linear", transform).f32(2, 3, 8, 6).none(), 1, 1, 0.5f, 1));
      cases.add(resize(13, "linear", transform).f32(1, 2, 5, 4).none().none().ints(1, 2, 7, 9));
    }
    cases.add(
        resize(18, "nearest", "asymmetric")
            .with("nearest_mode", "floor")
            .with("axes", new long[] {2, 3})
            .random(DType.UINT8, 1, 2, 5, 4)
            .none()
            .none()
            .ints(10, 8));
    cases.forEach(each -> each.within(2e-6));
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void cubicAndAntialiased(OperatorCase each) throws OrtException {
    each.within(1e-5).check();
  }

  static Stream<OperatorCase> cubicAndAntialiased() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String transform : List.of("half_pixel", "asymmetric", "align_corners")) {
      for (long excludes = 0; excludes <= 1; excludes++) {
        for (float a : new float[] {-0.75f, -0.5f}) {
          OperatorCase cubic =
              resize(13, "cubic", transform)
                  .with("cubic_coeff_a", a)
                  .with("exclude_outside", excludes);
          cases.add(scaled(op(cubic).f32(1, 2, 5, 6).none(), 1, 1, 2, 3));
          cases.add(scaled(op(cubic).f32(1, 2, 8, 6).none(), 1, 1, 0.5f, 0.5f));
          cases.add(op(cubic).f32(2, 1, 5, 6).none().none().ints(2, 1, 3, 8));
        }
      }
    }
    for (String mode : List.of("linear", "cubic")) {
      for (long excludes = 0; excludes <= 1; excludes++) {
        OperatorCase smooth =
            resize(19, mode, "half_pixel").with("antialias", 1).with("exclude_outside", excludes);
        cases.add(scaled(op(smooth).f32(1, 2, 9, 8).none(), 1, 1, 0.6f, 0.5f));
        cases.add(scaled(op(smooth).f32(1, 2, 6, 8).none(), 1, 1, 2, 0.3f));
        cases.add(op(smooth).f32(1, 1, 12, 9).none().none().ints(1, 1, 5, 4));
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void regionsAndProportions(OperatorCase each) throws OrtException {
    each.within(1e-5).check();
  }

  static Stream<OperatorCase> regionsAndProportions() {
    List<OperatorCase> cases = new ArrayList<>();
    float[][] regions = {
      {0, 0, 0.25f, 0.1f, 1, 1, 0.75f, 0.9f}, {0, 0, -0.25f, 0.5f, 1, 1, 1.25f, 0.2f}
    };
    for (String mode : List.of("nearest", "linear")) {
      for (float[] region : regions) {
        cases.add(
            resize(13, mode, "tf_crop_and_resize")
                .with("extrapolation_value", 7.5f)
                .f32(1, 1, 6, 5)
                .fed(Tensor.of(region, region.length))
                .known()
                .none()
                .ints(1, 1, 4, 7));
      }
    }
    for (String policy : List.of("stretch", "not_larger", "not_smaller")) {
      for (String mode : List.of("nearest", "linear", "cubic")) {
        OperatorCase keep = resize(18, mode, "half_pixel").with("keep_aspect_ratio_policy", policy);
        cases.add(
            op(keep).with("axes", new long[] {2, 3}).f32(1, 2, 6, 5).none().none().ints(9, 13));
      }
    }
    cases.add(
        scaled(
            resize(18, "linear", "half_pixel")
                .with("axes", new long[] {3, 2})
                .f32(1, 2, 6, 5)
                .none(),
            2,
            3));
    cases.add(
        scaled(
            resize(19, "linear", "half_pixel_symmetric").f32(1, 1, 6, 5).none(), 1, 1, 1.3f, 0.7f));
    cases.add(
        scaled(resize(13, "linear", "half_pixel").f32(1, 2, 4, 5, 3).none(), 1, 1, 2, 1.5f, 3));
    cases.add(scaled(resize(13, "linear", "half_pixel").f32(7, 3).none(), 2.5f, 2));
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void otherTypes(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> otherTypes() {
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(DType.UINT8, DType.INT8, DType.INT32)) {
      cases.add(
          scaled(resize(13, "linear", "asymmetric").random(type, 1, 2, 5, 4).none(), 1, 1, 2, 2));
      cases.add(
          scaled(resize(13, "nearest", "asymmetric").random(type, 1, 2, 5, 4).none(), 1, 1, 2, 2));
    }
    cases.add(
        scaled(
            resize(19, "linear", "half_pixel")
                .with("antialias", 1)
                .random(DType.UINT8, 1, 1, 8, 8)
                .none()
                .within(0.02), // one level: ONNX Runtime rounds after each axis
            1,
            1,
            0.5f,
            0.25f));
    return cases.stream();
  }

  @Test
  void otherFloatsAgreeWithFloat32() {
    for (DType type : List.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64)) {
      OperatorCase cubic = resize(19, "cubic", "half_pixel").with("antialias", 1);
      OperatorCase typed = op(cubic).random(type, 1, 2, 9, 7);
      Tensor same = Tensor.zeros(DType.FLOAT32, typed.latest().shape());
      for (long i = 0; i < same.elements(); i++) {
        double x = Elements.getDouble(type, typed.latest().data(), 0, i);
        Elements.putDouble(DType.FLOAT32, same.data(), 0, i, x);
      }
      Tensor actual = typed.none().none().ints(1, 2, 5, 8).run().getFirst();
      Tensor expected = op(cubic).fed(same).none().none().ints(1, 2, 5, 8).run().getFirst();
      for (long i = 0; i < expected.elements(); i++) {
        double y = Elements.getDouble(type, actual.data(), 0, i);
        assertThat(y).isCloseTo(expected.f32(i), within(type == DType.FLOAT64 ? 1e-5 : 0.02));
      }
    }
  }

  private static OperatorCase resize(long opset, String mode, String transform) {
    return op("Resize", opset).with("mode", mode).with("coordinate_transformation_mode", transform);
  }

  private static OperatorCase scaled(OperatorCase node, float... scales) {
    return node.fed(Tensor.of(scales, scales.length)).known();
  }
}
