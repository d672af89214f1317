package dev.lathe.op;

import static dev.lathe.op.OperatorCase.assertSame;
import static dev.lathe.op.OperatorCase.lathe;
import static dev.lathe.op.OperatorCase.op;

import ai.onnxruntime.OrtException;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Internal fp32 pooling over NHWC against ONNX Runtime over NCHW. */
class NhwcTest {

  @ParameterizedTest
  @MethodSource
  void pools(String opType, OperatorCase nchw) throws OrtException {
    Tensor expected = transposed(nchw.expected().getFirst(), 0, 2, 3, 1);
    Tensor input = transposed(nchw.first(), 0, 2, 3, 1);
    Tensor actual = lathe(opType).like(nchw).fed(input).run().getFirst();
    assertSame(actual, expected, 2e-6);
  }

  static Stream<Arguments> pools() {
    List<Arguments> cases = new ArrayList<>();
    for (String name : List.of("MaxPool", "AveragePool")) {
      for (OperatorCase each : attributes(name)) {
        cases.add(Arguments.of(name, each.f32(3, 19, 9, 10)));
      }
    }
    cases.add(Arguments.of("GlobalAveragePool", op("GlobalAveragePool", 13).f32(3, 19, 7, 7)));
    return cases.stream();
  }

  private static List<OperatorCase> attributes(String name) {
    return List.of(
        pool(name, 3, 3),
        pool(name, 2, 3).with("strides", new long[] {2, 2}),
        pool(name, 3, 3).with("pads", new long[] {1, 0, 2, 1}),
        pool(name, 3, 3)
            .with("pads", new long[] {1, 1, 1, 1})
            .with("strides", new long[] {2, 2})
            .with("ceil_mode", 1),
        pool(name, 3, 2).with("dilations", new long[] {2, 3}),
        pool(name, 3, 2).with("auto_pad", "SAME_LOWER").with("strides", new long[] {2, 2}),
        name.equals("MaxPool")
            ? pool(name, 9, 10)
            : pool(name, 3, 3).with("count_include_pad", 1).with("pads", new long[] {1, 1, 1, 1}));
  }

  private static OperatorCase pool(String name, long... kernel) {
    return op(name, 19).with("kernel_shape", kernel);
  }

  private static Tensor transposed(Tensor tensor, int... permutation) {
    Shape shape = tensor.shape().permute(permutation);
    Tensor result = Tensor.zeros(DType.FLOAT32, shape);
    long[] strides = tensor.shape().strides();
    for (long i = 0; i < result.elements(); i++) {
      long rest = i;
      long from = 0;
      for (int axis = permutation.length - 1; axis >= 0; axis--) {
        from += rest % shape.dim(axis) * strides[permutation[axis]];
        rest /= shape.dim(axis);
      }
      result.data().set(Tensor.F32, 4 * i, tensor.f32(from));
    }
    return result;
  }
}
