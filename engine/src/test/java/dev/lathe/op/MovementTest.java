package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that move elements, and those about shapes, against ONNX Runtime: to the bit. */
class MovementTest {

  @ParameterizedTest
  @MethodSource
  void views(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> views() {
    return Stream.of(
        op("Reshape", 7).f32(2, 3, 4).ints(4, 6),
        op("Reshape", 13).f32(2, 3, 4).ints(0, -1),
        op("Reshape", 13).f32(2, 3, 4).ints(-1),
        op("Reshape", 13).f32(1).ints(),
        op("Reshape", 14).with("allowzero", 1).f32(0, 3).ints(3, 0),
        op("Flatten", 7).f32(2, 3, 4),
        op("Flatten", 13).with("axis", 0).f32(2, 3, 4),
        op("Flatten", 13).with("axis", -1).f32(2, 3, 4),
        op("Flatten", 13).with("axis", 3).f32(2, 3, 4),
        op("Squeeze", 11).with("axes", new long[] {0, -2}).f32(1, 3, 1, 4),
        op("Squeeze", 13).f32(1, 3, 1, 4).ints(2),
        op("Squeeze", 13).f32(1, 3, 1, 4),
        op("Unsqueeze", 11).with("axes", new long[] {0, 4}).f32(2, 3, 4),
        op("Unsqueeze", 13).f32(2, 3).ints(-1, 0),
        op("Identity", 13).random(INT64, 3),
        op("Dropout", 7).f32(3, 4),
        op("Dropout", 13).outputs(2).f32(3, 4),
        op("Shape", 13).f32(3, 4, 5),
        op("Shape", 15).with("start", 1).with("end", -1).f32(3, 4, 5, 6),
        op("Shape", 15).with("start", -7).f32(3, 4),
        op("Size", 13).f32(3, 4, 5));
  }

  @ParameterizedTest
  @MethodSource
  void generators(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> generators() {
    Attribute value = new Attribute.OfTensor(Tensor.of(new long[] {7}, 1));
    Attribute half = new Attribute.OfTensor(Tensor.of(new float[] {0.5f, 2, 3}, 3));
    return Stream.of(
        op("ConstantOfShape", 9).ints(2, 3),
        op("ConstantOfShape", 9).with("value", value).ints(2, 0),
        op("ConstantOfShape", 20).with("value", value).ints(70),
        op("ConstantOfShape", 9).with("value", value).ints(),
        op("Constant", 9).with("value", half),
        op("Constant", 13).with("value_float", 2.5f),
        op("Constant", 13).with("value_int", 4),
        op("Constant", 13).with("value_ints", new long[] {4, 5}),
        op("Constant", 13).with("value_floats", new Attribute.Reals(List.of(1f, 2f))),
        op("Range", 11).fed(scalar(2)).known().fed(scalar(11)).known().fed(scalar(3)).known(),
        op("Range", 11).fed(scalar(9)).known().fed(scalar(-2)).known().fed(scalar(-4)).known(),
        op("Range", 11)
            .fed(Tensor.scalar(0))
            .known()
            .fed(Tensor.scalar(2))
            .known()
            .fed(Tensor.scalar(0.3f))
            .known()
            .within(1e-6));
  }

  @Test
  void rangesBeyondTheIntegersOfDouble() {
    long big = 1L << 60;
    OperatorCase each = op("Range", 11).fed(scalar(big + 7)).known();
    each.fed(scalar(big - 5)).known().fed(scalar(-5)).known();
    assertThat(each.run().getFirst().toLongs()).containsExactly(big + 7, big + 2, big - 3);
  }

  private static Tensor scalar(long value) {
    return Tensor.of(new long[] {value});
  }

  @ParameterizedTest
  @MethodSource
  void transposes(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> transposes() {
    List<OperatorCase> cases = new ArrayList<>();
    long[][] permutations = {
      {0, 2, 3, 1}, {0, 3, 1, 2}, {3, 2, 1, 0}, {0, 2, 1, 3}, {1, 0, 2, 3}, {0, 1, 3, 2}
    };
    for (long[] permutation : permutations) {
      for (DType type : List.of(FLOAT32, INT8, FLOAT16, FLOAT64, INT64, BOOL)) {
        cases.add(op("Transpose", 13).with("perm", permutation).random(type, 2, 17, 5, 33));
      }
      cases.add(op("Transpose", 7).with("perm", permutation).f32(2, 64, 40, 41));
      cases.add(op("Transpose", 7).with("perm", permutation).f32(1, 1, 3, 1));
      cases.add(op("Transpose", 7).with("perm", permutation).f32(1, 3, 1, 7));
      cases.add(op("Transpose", 7).with("perm", permutation).f32(1, 3, 0, 7));
    }
    for (long few : new long[] {2, 3, 4, 8, 9}) {
      for (DType type : List.of(UINT8, FLOAT32, FLOAT16)) {
        cases.add(planesToPixels().random(type, 2, few, 40, 52));
        cases.add(planesToPixels().random(type, 1, few, 32, 32));
        cases.add(pixelsToPlanes().random(type, 2, 40, 52, few));
        cases.add(pixelsToPlanes().random(type, 1, 1, 1025, few));
      }
    }
    cases.add(op("Transpose", 13).f32(3, 4, 5));
    cases.add(op("Transpose", 13).f32(300, 301));
    return cases.stream();
  }

  private static OperatorCase planesToPixels() {
    return op("Transpose", 13).with("perm", new long[] {0, 2, 3, 1});
  }

  private static OperatorCase pixelsToPlanes() {
    return op("Transpose", 13).with("perm", new long[] {0, 3, 1, 2});
  }

  @ParameterizedTest
  @MethodSource
  void joinsAndParts(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> joinsAndParts() {
    return Stream.of(
        op("Concat", 7).with("axis", 1).f32(2, 3, 4).f32(2, 5, 4),
        op("Concat", 13).with("axis", -1).f32(2, 3, 4).f32(2, 3, 1).f32(2, 3, 2),
        op("Concat", 13).with("axis", 0).random(INT64, 2).random(INT64, 0).random(INT64, 3),
        op("Concat", 13).with("axis", 0).f32(2, 3),
        op("Concat", 13).with("axis", 1).random(UINT8, 2, 100, 300).random(UINT8, 2, 50, 300),
        op("Split", 7).with("axis", 1).outputs(2).f32(2, 6, 3),
        op("Split", 11).with("split", new long[] {1, 4, 1}).with("axis", 1).outputs(3).f32(2, 6),
        op("Split", 13).with("axis", -1).outputs(2).f32(2, 3, 5).ints(2, 3),
        op("Split", 13).outputs(3).f32(6, 5),
        op("Split", 18).with("num_outputs", 3).outputs(3).f32(7, 5),
        op("Slice", 7)
            .with("starts", new long[] {1, -3})
            .with("ends", new long[] {2, 1000})
            .with("axes", new long[] {0, 2})
            .f32(3, 4, 5),
        op("Slice", 10).f32(3, 4, 5).ints(0, 1).ints(2, -1),
        op("Slice", 13).f32(20, 10).ints(3, 8).ints(-1, 1).ints(0, 1).ints(4, -2),
        op("Slice", 13).f32(20).ints(-1).ints(-1000).ints(0).ints(-1),
        op("Slice", 13).f32(20).ints(Long.MAX_VALUE).ints(Long.MIN_VALUE).ints(0).ints(-3),
        op("Slice", 13).f32(4, 20).ints(5).ints(3).ints(1),
        op("Slice", 13).f32(4, 20).ints(0).ints(Long.MAX_VALUE).ints(1),
        op("Slice", 13).f32(4, 20).ints(1000).ints(2000).ints(-1),
        op("Slice", 13).random(INT8, 4, 20).ints(1).ints(3).ints(0).none());
  }

  @ParameterizedTest
  @MethodSource
  void gathers(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> gathers() {
    Tensor rows = Tensor.of(new long[] {2, -1, 0, 1, -3, 2}, 3, 2);
    Tensor few = Tensor.of(new int[] {2, 0}, 2);
    Tensor one = Tensor.of(new long[] {1});
    return Stream.of(
        op("Gather", 7).f32(3, 4).fed(Tensor.of(new long[] {2, 0, 1, 1}, 2, 2)),
        op("Gather", 13).with("axis", 1).f32(4, 3, 5).fed(rows),
        op("Gather", 13).with("axis", -1).random(INT64, 4, 3).fed(few),
        op("Gather", 13).f32(3, 4).fed(one),
        op("Gather", 13).random(BOOL, 3).fed(one),
        op("GatherElements", 13).with("axis", 1).f32(4, 3).fed(rows),
        op("GatherElements", 11).random(INT32, 3, 2).fed(rows),
        op("GatherElements", 13).with("axis", 1).random(UINT8, 5, 3, 2).fed(wide()),
        op("GatherElements", 13).with("axis", 1).random(FLOAT64, 4, 3, 33).fed(wide()),
        op("GatherND", 13).f32(3, 3, 4).fed(rows),
        op("GatherND", 13).f32(3, 3).fed(rows),
        op("GatherND", 12).with("batch_dims", 1).f32(3, 3, 3, 2).fed(rows),
        op("GatherND", 12)
            .with("batch_dims", 1)
            .random(INT64, 2, 3, 2)
            .fed(Tensor.of(new long[] {0, 2}, 2, 1)));
  }

  /** Indices into an axis of 3, of all but the first axis of a 3-D tensor. */
  private static Tensor wide() {
    long[] indices = new long[4 * 50 * 2];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = i * 7L % 6 - 3;
    }
    return Tensor.of(indices, 4, 50, 2);
  }

  @ParameterizedTest
  @MethodSource
  void expansions(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> expansions() {
    return Stream.of(
        op("Expand", 8).f32(3, 1).ints(2, 1, 6),
        op("Expand", 13).f32(3, 4).ints(1, 1),
        op("Expand", 13).random(BOOL, 1, 4, 1).ints(5, 4, 70),
        op("Expand", 13).f32().ints(2, 3),
        op("Expand", 13).f32(3, 1).ints(0, 1, 1),
        op("Tile", 13).f32(2, 3).ints(2, 2),
        op("Tile", 7).f32(2, 3, 1).ints(1, 1, 5),
        op("Tile", 13).random(INT64, 2, 3).ints(3, 1),
        op("Tile", 13).f32(2, 3).ints(0, 1));
  }

  @ParameterizedTest
  @MethodSource
  void pads(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> pads() {
    Tensor value = Tensor.scalar(2.5f);
    List<OperatorCase> cases = new ArrayList<>();
    for (String mode : List.of("constant", "reflect", "edge")) {
      long[] pads = {0, 1, 2, 0, 2, 3};
      cases.add(op("Pad", 7).with("mode", mode).with("pads", pads).f32(2, 4, 5));
      cases.add(op("Pad", 13).with("mode", mode).f32(2, 4, 5).ints(pads));
      cases.add(op("Pad", 13).with("mode", mode).random(INT64, 4, 5).ints(1, 0, 0, 2));
      cases.add(op("Pad", 18).with("mode", mode).f32(3, 4, 5).ints(1, 2).none().ints(-2));
    }
    cases.add(op("Pad", 19).with("mode", "wrap").f32(3, 4).ints(1, 2, 2, 3));
    cases.add(op("Pad", 7).with("value", 1.5f).with("pads", new long[] {1, 1}).f32(4));
    cases.add(op("Pad", 13).f32(2, 70, 71).ints(0, 3, 3, 0, 3, 3).fed(value).known());
    cases.add(op("Pad", 13).f32(4, 5).ints(-1, 2, 1, -2).fed(value).known());
    cases.add(op("Pad", 13).f32(4, 5).ints(0, 0, 0, 0));
    return cases.stream();
  }

  @Test
  void reflectionsRepeat() {
    Tensor line = Tensor.of(new float[] {1, 2, 3}, 3);
    Tensor padded = op("Pad", 13).with("mode", "reflect").fed(line).ints(5, 4).run().getFirst();
    assertThat(padded.toFloats()).containsExactly(2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3);
    Tensor one = op("Pad", 13).with("mode", "reflect").f32(1).ints(2, 1).run().getFirst();
    assertThat(one.shape()).isEqualTo(Shape.of(4));
  }

  @ParameterizedTest
  @MethodSource
  void choices(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> choices() {
    List<OperatorCase> cases = new ArrayList<>();
    for (DType type : List.of(FLOAT32, FLOAT16, FLOAT64, INT64, INT32, UINT8)) {
      cases.add(op("Where", 9).random(BOOL, 3, 70).random(type, 3, 70).random(type, 3, 70));
      cases.add(op("Where", 16).random(BOOL, 3, 1, 5).random(type, 4, 1).random(type));
      cases.add(op("Where", 16).random(BOOL, 70).random(type, 4, 1).random(type, 2, 1, 70));
      cases.add(op("Where", 16).random(BOOL, 1).random(type, 40, 33).random(type, 33));
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void blocks(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> blocks() {
    return Stream.of(
        op("DepthToSpace", 7).with("blocksize", 2).f32(2, 12, 3, 5),
        op("DepthToSpace", 13).with("blocksize", 2).with("mode", "CRD").f32(2, 12, 3, 5),
        op("DepthToSpace", 13).with("blocksize", 3).f32(1, 9, 4, 2),
        op("SpaceToDepth", 13).with("blocksize", 2).f32(2, 3, 4, 6));
  }
}
