package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;

import ai.onnxruntime.OrtException;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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

  private static OperatorCase resize(long opset, String mode, String transform) {
    return op("Resize", opset).with("mode", mode).with("coordinate_transformation_mode", transform);
  }

  private static OperatorCase scaled(OperatorCase node, float... scales) {
    return node.fed(Tensor.of(scales, scales.length)).known();
  }
}
