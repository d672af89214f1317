package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sampling at grids and regions of interest, against ONNX Runtime. */
class VisionTest {

  @ParameterizedTest
  @MethodSource
  void sampling(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> sampling() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String padding : List.of("zeros", "border", "reflection")) {
      for (long aligned = 0; aligned <= 1; aligned++) {
        for (String mode : List.of("nearest", "linear", "cubic")) {
          OperatorCase sample =
              op("GridSample", 20)
                  .with("mode", mode)
                  .with("padding_mode", padding)
                  .with("align_corners", aligned);
          cases.add(op(sample).f32(2, 3, 5, 7).fed(grid(2, 4, 6, 2)));
          cases.add(op(sample).f32(1, 1, 1, 4).fed(grid(1, 3, 3, 2)));
          if (!mode.equals("cubic")) {
            cases.add(op(sample).f32(2, 2, 3, 4, 5).fed(grid(2, 3, 2, 4, 3)));
          }
        }
        for (String mode : List.of("nearest", "bilinear", "bicubic")) {
          cases.add(
              op("GridSample", 16)
                  .with("mode", mode)
                  .with("padding_mode", padding)
                  .with("align_corners", aligned)
                  .f32(1, 2, 6, 5)
                  .fed(grid(1, 5, 5, 2)));
        }
      }
    }
    return cases.stream();
  }

  /** Positions from -1.6 to 1.6, spread without hitting ties. */
  private static Tensor grid(long... dims) {
    int count = 1;
    for (long dim : dims) {
      count *= (int) dim;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (i * 0.61803f % 1 - 0.5f) * 3.2f;
    }
    return Tensor.of(values, dims);
  }

  @ParameterizedTest
  @MethodSource
  void regions(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> regions() {
    List<OperatorCase> cases = new ArrayList<>();
    Tensor rois =
        Tensor.of(
            new float[] {0, 0, 9, 9, 1.5f, 2.25f, 7, 4, -3, 5, 4, 30, 6, 6, 6.1f, 6.1f}, 4, 4);
    Tensor batches = Tensor.of(new long[] {0, 1, 1, 0}, 4);
    for (String mode : List.of("avg", "max")) {
      for (long ratio : new long[] {0, 2, 3}) {
        for (String transform : List.of("half_pixel", "output_half_pixel")) {
          cases.add(
              op("RoiAlign", 16)
                  .with("mode", mode)
                  .with("coordinate_transformation_mode", transform)
                  .with("sampling_ratio", ratio)
                  .with("output_height", 3)
                  .with("output_width", 2)
                  .with("spatial_scale", 0.7f)
                  .f32(2, 3, 8, 9)
                  .fed(rois)
                  .fed(batches));
        }
      }
    }
    cases.add(op("RoiAlign", 10).with("output_height", 2).f32(2, 1, 8, 9).fed(rois).fed(batches));
    Tensor boxes =
        Tensor.of(new float[] {0, 0, 0, 7, 7, 1, 2, 3, 5, 4, 1, 6, 6, 6, 6, 0, 3, 1, 20, 9}, 4, 5);
    for (float scale : new float[] {1, 0.5f}) {
      cases.add(
          op("MaxRoiPool", 1)
              .with("pooled_shape", new long[] {3, 2})
              .with("spatial_scale", scale)
              .f32(2, 3, 8, 9)
              .fed(boxes));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void affineGrids(OperatorCase each) throws OrtException {
    each.within(2e-5).check();
  }

  static Stream<OperatorCase> affineGrids() {
    List<OperatorCase> cases = new ArrayList<>();
    for (long aligned = 0; aligned <= 1; aligned++) {
      OperatorCase node = op("AffineGrid", 20).with("align_corners", aligned);
      cases.add(op(node).f32(2, 2, 3).ints(2, 3, 5, 6));
      cases.add(op(node).f32(1, 3, 4).ints(1, 2, 3, 4, 5));
    }
    return cases.stream();
  }

  @Test
  void otherTypesAreSampledAlike() {
    OperatorCase sample = op("GridSample", 20).with("mode", "cubic");
    OperatorCase wide = op(sample).random(DType.FLOAT64, 1, 2, 5, 7);
    Tensor narrow = Tensor.zeros(DType.FLOAT32, wide.latest().shape());
    for (long i = 0; i < narrow.elements(); i++) {
      narrow.data().set(Tensor.F32, 4 * i, (float) wide.latest().data().get(Tensor.F64, 8 * i));
    }
    Tensor actual = wide.fed(grid(1, 4, 6, 2)).run().getFirst();
    Tensor expected = op(sample).fed(narrow).fed(grid(1, 4, 6, 2)).run().getFirst();
    for (long i = 0; i < expected.elements(); i++) {
      assertThat(actual.data().get(Tensor.F64, 8 * i)).isCloseTo(expected.f32(i), within(2e-6));
    }
    OperatorCase longs = op("GridSample", 16).with("mode", "nearest");
    Tensor values = Tensor.of(new long[] {Long.MAX_VALUE, 2, 3, Long.MIN_VALUE + 1}, 1, 1, 2, 2);
    Tensor corners = Tensor.of(new float[] {-0.5f, -0.5f, 0.5f, 0.5f, 3, 0}, 1, 3, 1, 2);
    assertThat(longs.fed(values).fed(corners).run().getFirst().toLongs())
        .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE + 1, 0);
  }
}
