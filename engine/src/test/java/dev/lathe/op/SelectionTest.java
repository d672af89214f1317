package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.BOOL;
import static dev.lathe.tensor.DType.FLOAT16;
import static dev.lathe.tensor.DType.FLOAT32;
import static dev.lathe.tensor.DType.FLOAT64;
import static dev.lathe.tensor.DType.INT32;
import static dev.lathe.tensor.DType.INT64;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT64;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtException;
import dev.lathe.graph.Graph;
import dev.lathe.graph.Node;
import dev.lathe.graph.ValueInfo;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Operators that search and select, against ONNX Runtime to the bit and against plain code. */
class SelectionTest {

  @ParameterizedTest
  @MethodSource
  void extremes(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> extremes() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String name : List.of("ArgMax", "ArgMin")) {
      cases.add(op(name, 11).f32(4, 7, 5));
      cases.add(op(name, 13).with("axis", -1).random(INT8, 4, 70));
      cases.add(op(name, 13).with("axis", 1).with("keepdims", 0).random(INT32, 4, 70, 3));
      cases.add(op(name, 13).with("select_last_index", 1).random(UINT8, 900, 2));
      cases.add(op(name, 13).random(FLOAT64, 9, 2));
    }
    for (DType type : List.of(FLOAT32, FLOAT16)) {
      cases.add(op("Hardmax", 13).random(type, 3, 40, 5));
      cases.add(op("Hardmax", 13).with("axis", 1).random(type, 3, 40, 5));
    }
    cases.add(op("Hardmax", 11).f32(3, 4, 5));
    cases.add(op("Hardmax", 11).with("axis", 2).f32(3, 4, 5));
    cases.add(op("Hardmax", 13).fed(Tensor.of(new float[] {2, 5, 5, 1}, 1, 4)));
    return cases.stream();
  }

  @Test
  void longsBeyondTheRangeOfDoubleAreTold() {
    long big = (1L << 60) + 1;
    Tensor values = Tensor.of(new long[] {big - 1, big, big - 1}, 3);
    assertThat(op("ArgMax", 13).fed(values).run().getFirst().integer(0)).isEqualTo(1);
    assertThat(op("ArgMin", 13).fed(values).run().getFirst().integer(0)).isEqualTo(0);
    Tensor unsigned = new Tensor(UINT64, Shape.of(3), Tensor.of(new long[] {1, -1, 2}, 3).data());
    assertThat(op("ArgMax", 13).fed(unsigned).run().getFirst().integer(0)).isEqualTo(1);
  }

  @Test
  void notANumberIsTheExtreme() {
    Tensor values = Tensor.of(new float[] {3, Float.NaN, 9, Float.NaN}, 4);
    assertThat(op("ArgMax", 13).fed(values).run().getFirst().integer(0)).isEqualTo(1);
    assertThat(op("ArgMin", 13).fed(values).run().getFirst().integer(0)).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource
  void topK(OperatorCase each) throws OrtException {
    each.outputs(2).check();
  }

  static Stream<OperatorCase> topK() {
    List<OperatorCase> cases = new ArrayList<>();
    for (long k : new long[] {1, 2, 5, 31, 40}) {
      cases.add(op("TopK", 7).with("k", k).f32(3, 40));
      cases.add(op("TopK", 10).f32(3, 40).ints(k));
      cases.add(op("TopK", 11).with("largest", 0).f32(3, 40).ints(k));
      cases.add(op("TopK", 11).with("axis", 1).f32(2, 40, 7).ints(k));
      cases.add(op("TopK", 11).random(INT64, 3, 40).ints(k));
      cases.add(op("TopK", 11).with("axis", -2).random(FLOAT64, 40, 3).ints(k));
      cases.add(op("TopK", 11).with("largest", 0).random(INT32, 40).ints(k));
    }
    cases.add(op("TopK", 11).fed(Tensor.of(new float[] {1, 3, 3, -0f, 0f, 3}, 6)).ints(5));
    cases.add(
        op("TopK", 11).with("largest", 0).fed(Tensor.of(new float[] {1, 3, 1, 1}, 4)).ints(3));
    return cases.stream();
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"INT8", "UINT8", "INT16", "UINT16", "UINT32", "UINT64", "FLOAT16", "BFLOAT16"})
  void topKOfEveryTypeIsAStableSort(DType type) {
    OperatorCase each = op("TopK", 11).outputs(2).random(type, 300);
    Tensor input = each.first();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      order.add(i);
    }
    order.sort((a, b) -> Double.compare(at(input, b), at(input, a)));
    List<Tensor> results = each.ints(250).run();
    for (int i = 0; i < 250; i++) {
      assertThat(results.get(1).integer(i)).isEqualTo(order.get(i).longValue());
      assertThat(at(results.get(0), i)).isEqualTo(at(input, order.get(i)));
    }
  }

  private static double at(Tensor tensor, long index) {
    return Elements.getDouble(tensor.dtype(), tensor.data(), 0, index);
  }

  @Test
  void notANumberIsAboveEveryNumber() {
    Tensor values = Tensor.of(new float[] {1, Float.NaN, Float.POSITIVE_INFINITY, Float.NaN}, 4);
    Tensor greatest = op("TopK", 11).outputs(2).fed(values).ints(3).run().get(1);
    assertThat(greatest.toLongs()).containsExactly(1, 3, 2);
    Tensor least = op("TopK", 11).with("largest", 0).outputs(2).fed(values).ints(3).run().get(1);
    assertThat(least.toLongs()).containsExactly(0, 2, 1);
  }

  @Test
  void topKWithoutIndices() {
    OperatorCase each = op("TopK", 11).fed(Tensor.of(new float[] {4, 1, 9, 6}, 4)).ints(2);
    assertThat(each.run().getFirst().toFloats()).containsExactly(9, 6);
  }

  @Test
  void topKWithoutValues() {
    Node node = Node.of("node", "", "TopK", List.of("x", "k"), List.of("", "y"), Map.of());
    Graph graph =
        new Graph(
            "one",
            List.of(new ValueInfo("x", null, null, null)),
            List.of(new ValueInfo("y", null, null, null)),
            Map.of("k", Tensor.of(new long[] {2}, 1)),
            List.of(node),
            Map.of(),
            null);
    Tensor values = Tensor.of(new float[] {4, 1, 9, 6}, 4);
    Tensor indices = OperatorRun.run(graph, 11, Map.of("x", values), 1).getFirst();
    assertThat(indices.toLongs()).containsExactly(2, 3);
  }

  @ParameterizedTest
  @MethodSource
  void uniques(OperatorCase each) throws OrtException {
    each.outputs(4).check();
  }

  static Stream<OperatorCase> uniques() {
    Tensor few = Tensor.of(new float[] {2, 1, 1, 3, 4, 3, -0f, 0f}, 8);
    Tensor rows = Tensor.of(new float[] {1, 0, 0, 1, 0, 0, 2, 3, 4}, 3, 3);
    Tensor cube = Tensor.of(new long[] {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1}, 2, 2, 3);
    return Stream.of(
        op("Unique", 11).fed(few).known(),
        op("Unique", 11).with("sorted", 0).fed(few).known(),
        op("Unique", 11).with("axis", 0).fed(rows).known(),
        op("Unique", 11).with("axis", -1).fed(rows).known(),
        op("Unique", 11).with("axis", 1).with("sorted", 0).fed(cube).known(),
        op("Unique", 11).with("axis", 2).fed(cube).known(),
        op("Unique", 11).random(INT64, 500).known(),
        op("Unique", 11).with("sorted", 0).random(INT64, 50, 10).known(),
        op("Unique", 11).random(INT8, 30, 30).known(),
        op("Unique", 11).random(FLOAT64, 0).known());
  }

  @Test
  void uniqueWithoutTheOtherOutputs() {
    Tensor values = Tensor.of(new long[] {5, 3, 5}, 3);
    assertThat(op("Unique", 11).fed(values).known().run().getFirst().toLongs())
        .containsExactly(3, 5);
  }

  @ParameterizedTest
  @MethodSource
  void filters(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> filters() {
    List<OperatorCase> cases = new ArrayList<>();
    Tensor condition = Tensor.of(BOOL, new byte[] {0, 1, 1, 0, 1}, 5);
    Tensor none = Tensor.of(BOOL, new byte[] {0, 0, 0}, 3);
    for (DType type : List.of(FLOAT32, BOOL, INT64, FLOAT16, UINT8)) {
      cases.add(op("Compress", 9).with("axis", 1).random(type, 4, 5, 3).fed(condition).known());
      cases.add(op("Compress", 11).with("axis", -1).random(type, 4, 5).fed(condition).known());
      cases.add(op("Compress", 11).random(type, 4, 3).fed(condition).known());
    }
    cases.add(op("Compress", 11).with("axis", 0).f32(6, 5).fed(condition).known());
    cases.add(op("Compress", 11).with("axis", 0).f32(6, 5).fed(none).known());
    Tensor sparse = Tensor.of(new float[] {0, 2, -0f, Float.NaN, 0, 1}, 2, 3);
    cases.add(op("NonZero", 13).fed(sparse).known());
    cases.add(op("NonZero", 9).random(BOOL, 3, 4, 5).known());
    cases.add(op("NonZero", 13).random(INT64, 300).known());
    cases.add(op("NonZero", 13).random(UINT8, 0, 3).known());
    cases.add(op("NonZero", 13).fed(Tensor.scalar(4)).known());
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource
  void oneHots(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> oneHots() {
    Tensor indices = Tensor.of(new long[] {2, -1, 0, 7, -9, 4}, 2, 3);
    Tensor floats = Tensor.of(new float[] {0, 3, 1, 2, 4, -2}, 6);
    Tensor values = Tensor.of(new float[] {-0.5f, 2}, 2);
    Tensor longs = Tensor.of(new long[] {10, 20}, 2);
    return Stream.of(
        op("OneHot", 9).fed(indices).ints(5).fed(values),
        op("OneHot", 11).with("axis", 0).fed(indices).ints(5).fed(longs),
        op("OneHot", 11).with("axis", 1).fed(indices).ints(5).fed(values),
        op("OneHot", 11).with("axis", -2).fed(indices).ints(5).fed(values),
        op("OneHot", 11).fed(floats).fed(Tensor.of(new float[] {5}, 1)).known().fed(values));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void boxes(long seed) throws OrtException {
    Random random = new Random(seed);
    int images = 1 + random.nextInt(2);
    int classes = 1 + random.nextInt(3);
    int count = 1 + random.nextInt(60);
    float[] boxes = new float[images * count * 4];
    float[] scores = new float[images * classes * count];
    for (int i = 0; i < boxes.length; i++) {
      boxes[i] = random.nextFloat();
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] = random.nextInt(20) / 20f;
    }
    OperatorCase each =
        op("NonMaxSuppression", 11)
            .with("center_point_box", seed % 2)
            .fed(Tensor.of(boxes, images, count, 4))
            .known()
            .fed(Tensor.of(scores, images, classes, count))
            .known();
    if (seed > 1) {
      each.ints(1 + random.nextInt(20));
      each.fed(Tensor.of(new float[] {0.3f}, 1)).known();
    }
    if (seed > 4) {
      each.fed(Tensor.of(new float[] {0.4f}, 1)).known();
    }
    each.check();
  }
}
