package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static dev.lathe.tensor.DType.INT8;
import static dev.lathe.tensor.DType.UINT8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnxruntime.OrtException;
import dev.lathe.error.LatheException;
import dev.lathe.kernel.dispatch.PerTier;
import dev.lathe.kernel.dispatch.SparsePolicy;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * MatMulInteger, ConvInteger, QLinearMatMul, QLinearConv and DynamicQuantizeLinear: against ONNX
 * Runtime to the bit, and where it lacks a form, against sums in long.
 */
@PerTier
class IntegerProductsTest {

  @ParameterizedTest
  @MethodSource
  void equalsOnnxRuntime(OperatorCase each) throws OrtException {
    each.check();
  }

  /** The same where every known weight that can goes to a sparse kernel. */
  @ParameterizedTest
  @MethodSource("equalsOnnxRuntime")
  void equalsOnnxRuntimeOnSparseKernels(OperatorCase each) throws OrtException {
    System.setProperty(SparsePolicy.PROPERTY, "always");
    try {
      each.check();
    } finally {
      System.clearProperty(SparsePolicy.PROPERTY);
    }
  }

  static Stream<OperatorCase> equalsOnnxRuntime() {
    return Stream.of(
        op("MatMulInteger", 10).fed(bytes(UINT8, 5, 70)).fed(sevenBits(70, 33)),
        op("MatMulInteger", 10).fed(bytes(UINT8, 5, 70)).fed(sevenBits(70, 33)).known(),
        op("MatMulInteger", 10)
            .fed(bytes(INT8, 5, 70))
            .fed(sevenBits(70, 33))
            .fed(zeros(INT8, -128))
            .fed(zeros(INT8, 127)),
        op("MatMulInteger", 10)
            .fed(bytes(UINT8, 2, 3, 9, 70))
            .fed(bytes(UINT8, 70, 20))
            .known()
            .fed(zeros(UINT8, 255))
            .fed(bytes(UINT8, 20))
            .known(),
        op("MatMulInteger", 10)
            .fed(bytes(UINT8, 2, 1, 4, 7))
            .fed(bytes(UINT8, 3, 7, 5))
            .fed(zeros(UINT8, 77))
            .fed(zeros(UINT8, 200)),
        op("MatMulInteger", 10).fed(bytes(UINT8, 7)).fed(sevenBits(7, 3)).fed(zeros(UINT8, 1)),
        op("MatMulInteger", 10).fed(bytes(UINT8, 3, 600)).fed(sevenBits(600, 1)),
        op("DynamicQuantizeLinear", 11).f32(3, 37).outputs(3),
        op("DynamicQuantizeLinear", 11).f32(70_001).outputs(3),
        op("DynamicQuantizeLinear", 11).fed(Tensor.of(new float[] {3, 5, 9}, 3)).outputs(3),
        op("DynamicQuantizeLinear", 11).fed(Tensor.of(new float[] {-3, -5, -9}, 3)).outputs(3),
        op("DynamicQuantizeLinear", 11).fed(Tensor.of(new float[] {0, 0}, 2)).outputs(3),
        conv("ConvInteger", UINT8, UINT8, 2, 1, 4, 8, 8),
        conv("ConvInteger", UINT8, UINT8, 1, 1, 3, 9),
        conv("ConvInteger", UINT8, UINT8, 1, 2, 4, 5, 7),
        quantized(op("QLinearMatMul", 10), bytes(UINT8, 9, 40), sevenBits(40, 21), UINT8),
        quantized(op("QLinearMatMul", 10), bytes(UINT8, 9, 40), bytes(UINT8, 40, 21), UINT8),
        quantized(op("QLinearMatMul", 10), bytes(INT8, 2, 9, 40), sevenBits(40, 3), INT8),
        quantized(op("QLinearMatMul", 10), bytes(UINT8, 2, 9, 4), bytes(UINT8, 2, 4, 5), UINT8),
        qconv(UINT8, INT8, 1, 2, 3, 8, 9),
        qconv(UINT8, UINT8, 1, 2, 3, 8, 9),
        qconv(INT8, INT8, 2, 1, 4, 7),
        qconv(UINT8, UINT8, 1, 1, 2, 4, 5, 6));
  }

  private static OperatorCase conv(
      String name, DType type, DType weights, int groups, long images, long... shape) {
    return window(op(name, 10), groups, shape)
        .fed(image(type, images, shape))
        .fed(weights(weights, groups, shape))
        .known()
        .fed(zeros(type, 130))
        .fed(zeros(weights, 250))
        .known();
  }

  private static OperatorCase window(OperatorCase node, int groups, long... shape) {
    int axes = shape.length - 1;
    long[] pads = new long[2 * axes];
    pads[0] = 1;
    pads[2 * axes - 1] = 2;
    long[] strides = new long[axes];
    java.util.Arrays.fill(strides, 2);
    strides[0] = 1;
    return node.with("group", groups).with("pads", pads).with("strides", strides);
  }

  private static Tensor image(DType type, long images, long... shape) {
    long[] dims = new long[shape.length + 1];
    dims[0] = images;
    System.arraycopy(shape, 0, dims, 1, shape.length);
    return bytes(type, dims);
  }

  private static Tensor weights(DType type, int groups, long... shape) {
    long[] dims = new long[shape.length + 1];
    java.util.Arrays.fill(dims, 3);
    dims[0] = 6;
    dims[1] = shape[0] / groups;
    return type == INT8 ? sevenBits(dims) : bytes(type, dims);
  }

  private static OperatorCase quantized(OperatorCase node, Tensor a, Tensor b, DType y) {
    return node.fed(a)
        .fed(Tensor.scalar(0.02f))
        .fed(zeros(a.dtype(), 100))
        .fed(b)
        .fed(Tensor.scalar(0.05f))
        .fed(zeros(b.dtype(), 3))
        .fed(Tensor.scalar(0.9f))
        .fed(zeros(y, 60));
  }

  private static OperatorCase qconv(
      DType type, DType weights, int groups, long images, long... shape) {
    float[] scales = {0.01f, 0.02f, 0.03f, 0.005f, 0.07f, 0.011f};
    int[] bias = {1, -20, 3000, 4, -500, 60};
    return window(op("QLinearConv", 10), groups, shape)
        .fed(image(type, images, shape))
        .fed(Tensor.scalar(0.02f))
        .known()
        .fed(zeros(type, 100))
        .known()
        .fed(weights(weights, groups, shape))
        .known()
        .fed(weights == INT8 ? Tensor.of(scales, 6) : Tensor.scalar(0.03f))
        .known()
        .fed(weights == INT8 ? zeros(INT8, 0, 0, 0, 0, 0, 0) : zeros(weights, 200))
        .known()
        .fed(Tensor.scalar(0.15f))
        .known()
        .fed(zeros(type, 60))
        .known()
        .fed(Tensor.of(bias, 6))
        .known();
  }

  @ParameterizedTest
  @CsvSource({
    "UINT8, INT8, 0, -128", "INT8, UINT8, -128, 255", "INT8, INT8, 127, -128",
    "UINT8, UINT8, 255, 0", "INT8, UINT8, 127, 0", "UINT8, INT8, 255, 127"
  })
  void extremesPerRowAndColumn(DType lhs, DType rhs, long a, long b) {
    int m = 3;
    int n = 19;
    int k = 1100;
    for (boolean known : new boolean[] {false, true}) {
      Tensor x = filled(lhs, a, m, k);
      Tensor w = filled(rhs, b, k, n);
      Tensor za = bytes(lhs, m);
      Tensor zb = bytes(rhs, n);
      OperatorCase node = op("MatMulInteger", 10).fed(x).fed(w);
      node = (known ? node.known() : node).fed(za).fed(zb);
      Tensor y = (known ? node.known() : node).run().getFirst();
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          long expected = k * (a - za.integer(i)) * (b - zb.integer(j));
          assertThat(y.integer(i * n + j)).as("%d, %d, known %s", i, j, known).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void sumsWrapAsInt32Does() {
    int k = 34_000;
    Tensor y =
        op("MatMulInteger", 10)
            .fed(filled(UINT8, 255, 1, k))
            .fed(filled(UINT8, 255, k, 1))
            .known()
            .run()
            .getFirst();
    int wrapped = 255 * 255 * k;
    assertThat(y.integer(0)).isEqualTo(wrapped);
  }

  @Test
  void refusesWhatIsNoBytes() {
    OperatorCase node = op("MatMulInteger", 10).random(DType.INT16, 2, 2).fed(bytes(INT8, 2, 2));

    assertThatThrownBy(node::run).isInstanceOf(LatheException.class).hasMessageContaining("int16");
  }

  private static Tensor bytes(DType type, long... dims) {
    Tensor tensor = Tensor.zeros(type, Shape.of(dims));
    new Random(tensor.elements()).nextBytes((byte[]) tensor.data().heapBase().orElseThrow());
    return tensor;
  }

  /** -64 to 63, with which sums of two products are exact in ONNX Runtime on every processor. */
  private static Tensor sevenBits(long... dims) {
    Tensor tensor = bytes(INT8, dims);
    for (long i = 0; i < tensor.elements(); i++) {
      tensor.data().set(Tensor.I8, i, (byte) (tensor.integer(i) >> 1));
    }
    return tensor;
  }

  private static Tensor filled(DType type, long value, long... dims) {
    Tensor tensor = Tensor.zeros(type, Shape.of(dims));
    tensor.data().fill((byte) value);
    return tensor;
  }

  private static Tensor zeros(DType type, long... values) {
    Tensor tensor =
        Tensor.zeros(type, values.length == 1 ? Shape.scalar() : Shape.of(values.length));
    for (int i = 0; i < values.length; i++) {
      Elements.putLong(type, tensor.data(), 0, i, values[i]);
    }
    return tensor;
  }
}
