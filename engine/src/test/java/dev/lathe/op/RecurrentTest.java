package dev.lathe.op;

import static dev.lathe.op.OperatorCase.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OrtException;
import dev.lathe.error.InvalidDataException;
import dev.lathe.error.InvalidModelException;
import dev.lathe.graph.Attribute;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent layers against ONNX Runtime; layout 1, which it refuses, against layout 0. */
class RecurrentTest {

  private static final int TIME = 5;
  private static final int BATCH = 3;
  private static final int INPUT = 7;
  private static final int HIDDEN = 10;

  /**
   * Operands of a layer in order, all small so that the functions stay in their interesting part.
   */
  record Layer(String opType, int gates, int directions, long opset) {

    OperatorCase operands(boolean known, boolean bias, boolean lengths, boolean states) {
      int rows = gates * HIDDEN;
      OperatorCase each = op(opType, opset).with("hidden_size", HIDDEN).outputs(outputs());
      if (directions == 2) {
        each.with("direction", "bidirectional");
      }
      each.fed(small(1, TIME, BATCH, INPUT));
      add(each, known, small(2, directions, rows, INPUT));
      add(each, known, small(3, directions, rows, HIDDEN));
      add(each, known, bias ? small(4, directions, 2L * rows) : null);
      add(each, false, lengths ? Tensor.of(new int[] {TIME, 1, 3}, BATCH) : null);
      add(each, false, states ? small(5, directions, BATCH, HIDDEN) : null);
      if (opType.equals("LSTM")) {
        add(each, false, states ? small(6, directions, BATCH, HIDDEN) : null);
      }
      return each.within(4e-6);
    }

    int outputs() {
      return opType.equals("LSTM") ? 3 : 2;
    }

    OperatorCase full() {
      return operands(true, true, true, true);
    }

    private static void add(
        OperatorCase each, boolean known, @org.jspecify.annotations.Nullable Tensor tensor) {
      if (tensor == null) {
        each.none();
      } else if (known) {
        each.fed(tensor).known();
      } else {
        each.fed(tensor);
      }
    }
  }

  private static Tensor small(int seed, long... dims) {
    java.util.Random random = new java.util.Random(seed);
    float[] values = new float[(int) Shape.of(dims).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 1.6f - 0.8f;
    }
    return Tensor.of(values, dims);
  }

  private static Attribute texts(String... values) {
    return new Attribute.Texts(List.of(values));
  }

  private static Attribute reals(Float... values) {
    return new Attribute.Reals(List.of(values));
  }

  private static final Layer RNN = new Layer("RNN", 1, 1, 14);
  private static final Layer GRU = new Layer("GRU", 3, 1, 14);
  private static final Layer LSTM = new Layer("LSTM", 4, 1, 14);

  private static Layer both(Layer layer) {
    return new Layer(layer.opType, layer.gates, 2, 7);
  }

  @ParameterizedTest
  @MethodSource
  void agrees(OperatorCase each) throws OrtException {
    each.check();
  }

  static Stream<OperatorCase> agrees() {
    List<OperatorCase> cases = new ArrayList<>();
    for (Layer layer : List.of(RNN, GRU, LSTM, both(RNN), both(GRU), both(LSTM))) {
      for (int form = 0; form < 16; form++) {
        cases.add(
            layer.operands((form & 1) != 0, (form & 2) != 0, (form & 4) != 0, (form & 8) != 0));
      }
      cases.add(layer.full().with("clip", 0.4f));
      cases.add(layer.full().onlyOutputs(1));
    }
    for (Layer layer : List.of(RNN, GRU, LSTM)) {
      cases.add(layer.full().with("direction", "reverse"));
    }
    for (boolean known : new boolean[] {false, true}) {
      cases.add(GRU.operands(known, true, true, true).with("linear_before_reset", 1));
      cases.add(both(GRU).operands(known, true, false, true).with("linear_before_reset", 1));
      cases.add(GRU.operands(known, false, false, true).with("linear_before_reset", 1));
    }
    cases.add(LSTM.full().fed(small(8, 1, 3L * HIDDEN)));
    cases.add(both(LSTM).full().fed(small(8, 2, 3L * HIDDEN)).with("clip", 0.5f));
    cases.add(LSTM.full().with("input_forget", 1));
    for (String name :
        List.of(
            "Relu",
            "Tanh",
            "Sigmoid",
            "Softsign",
            "Softplus",
            "Elu",
            "LeakyRelu",
            "HardSigmoid",
            "ScaledTanh",
            "ThresholdedRelu",
            "Affine")) {
      cases.add(
          RNN.full()
              .with("activations", texts(name))
              .with("activation_alpha", reals(0.3f))
              .with("activation_beta", reals(0.6f)));
    }
    cases.add(
        both(LSTM)
            .full()
            .with(
                "activations",
                texts("HardSigmoid", "ScaledTanh", "Tanh", "Sigmoid", "LeakyRelu", "Relu"))
            .with("activation_alpha", reals(0.3f, 0.7f, 0.1f))
            .with("activation_beta", reals(0.4f, 0.9f)));
    return cases.stream();
  }

  /** ONNX Runtime refuses layout 1: what it gives for layout 0, with the axes changed. */
  @ParameterizedTest
  @MethodSource
  void batchMayComeFirst(Layer layer) throws OrtException {
    OperatorCase timeFirst = layer.full();
    List<Tensor> expected = timeFirst.expected();
    OperatorCase batchFirst =
        op(layer.opType, 14).with("layout", 1).like(timeFirst).outputs(layer.outputs());
    List<Tensor> operands = timeFirst.operands();
    for (int i = 0; i < operands.size(); i++) {
      Tensor operand = operands.get(i);
      boolean moves = i == 0 || i >= RecurrentForm.INITIAL_STATE;
      batchFirst.fed(moves ? permuted(operand, 1, 0, 2) : operand);
    }
    List<Tensor> actual = batchFirst.run();
    OperatorCase.assertSame(actual.getFirst(), permuted(expected.getFirst(), 2, 0, 1, 3), 4e-6);
    for (int i = 1; i < actual.size(); i++) {
      OperatorCase.assertSame(actual.get(i), permuted(expected.get(i), 1, 0, 2), 4e-6);
    }
  }

  static Stream<Layer> batchMayComeFirst() {
    return Stream.of(RNN, GRU, LSTM, both(RNN), both(GRU), both(LSTM));
  }

  private static Tensor permuted(Tensor tensor, int... axes) {
    Shape shape = tensor.shape().permute(axes);
    long[] strides = tensor.shape().strides();
    float[] values = new float[(int) tensor.elements()];
    for (int i = 0; i < values.length; i++) {
      long rest = i;
      long from = 0;
      for (int axis = axes.length - 1; axis >= 0; axis--) {
        from += rest % shape.dim(axis) * strides[axes[axis]];
        rest /= shape.dim(axis);
      }
      values[i] = tensor.f32(from);
    }
    return Tensor.of(values, shape.dims());
  }

  @Test
  void brokenOperandsAreRefused() {
    for (OperatorCase each :
        List.of(
            RNN.full().with("hidden_size", 9),
            RNN.full().with("direction", "sideways"),
            both(RNN).full().with("direction", "forward"),
            GRU.full().with("activations", texts("Tanh")).with("clip", 0.5f),
            LSTM.full().with("activations", texts("Tanh", "Tan", "Relu")),
            LSTM.full().with("clip", -1f))) {
      assertThatExceptionOfType(InvalidModelException.class).isThrownBy(each::run);
    }
  }

  @Test
  void lengthsBeyondTheSequenceAreRefused() {
    OperatorCase each = op("RNN", 14).fed(small(1, TIME, BATCH, INPUT));
    each.fed(small(2, 1, HIDDEN, INPUT)).fed(small(3, 1, HIDDEN, HIDDEN)).none();
    each.fed(Tensor.of(new int[] {1, TIME + 1, 1}, BATCH));
    assertThatExceptionOfType(InvalidDataException.class)
        .isThrownBy(each::run)
        .withMessageContaining("sequence length 6");
    assertThat(each.first().shape()).isEqualTo(Shape.of(TIME, BATCH, INPUT));
  }
}
