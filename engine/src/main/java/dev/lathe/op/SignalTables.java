package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;

/**
 * HannWindow, HammingWindow, BlackmanWindow and MelWeightMatrix: tables that follow from their
 * scalar operands.
 */
final class SignalTables implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(
        Key.onnx("HannWindow"),
        Key.onnx("HammingWindow"),
        Key.onnx("BlackmanWindow"),
        Key.onnx("MelWeightMatrix"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = DType.ofCode(Math.toIntExact(node.intAttribute("output_datatype", 1)));
    if (!type.isFloat() && !type.isInteger()) {
      throw Checks.unsupported(node, "output_datatype is " + type, "integers and floats");
    }
    Tensor table =
        node.is("MelWeightMatrix")
            ? melWeights(inference, type)
            : window(inference, type, shape(node));
    return List.of(TensorFact.constant(table));
  }

  /** The window as a function of the angle, which goes once around. */
  private static DoubleUnaryOperator shape(Node node) {
    return switch (node.opType()) {
      case "HannWindow" -> angle -> 0.5 - 0.5 * StrictMath.cos(angle);
      case "HammingWindow" -> angle -> (25 - 21 * StrictMath.cos(angle)) / 46;
      default -> angle -> 0.42 - 0.5 * StrictMath.cos(angle) + 0.08 * StrictMath.cos(2 * angle);
    };
  }

  private static Tensor window(Inference inference, DType type, DoubleUnaryOperator shape) {
    long size = Dft.scalar(inference, 0, "size");
    if (size < 0) {
      throw GraphErrors.invalid(inference.node(), "size is " + size);
    }
    boolean periodic = inference.node().intAttribute("periodic", 1) != 0;
    long period = periodic ? size : Math.max(1, size - 1);
    Tensor table = Tensor.zeros(type, Shape.of(size));
    for (long i = 0; i < size; i++) {
      double value = shape.applyAsDouble(2 * Math.PI * i / period);
      Elements.putDouble(type, table.data(), 0, i, value);
    }
    return table;
  }

  /** Triangles whose corners lie evenly on the mel scale, [bins of the spectrum, mel bins]. */
  private static Tensor melWeights(Inference inference, DType type) {
    long mels = Dft.scalar(inference, 0, "num_mel_bins");
    long length = Dft.scalar(inference, 1, "dft_length");
    long rate = Dft.scalar(inference, 2, "sample_rate");
    double low = mel(real(inference, 3, "lower_edge_hertz"));
    double high = mel(real(inference, 4, "upper_edge_hertz"));
    if (mels < 1 || length < 1 || rate < 1) {
      throw GraphErrors.invalid(
          inference.node(),
          "num_mel_bins " + mels + ", dft_length " + length + " or sample_rate " + rate);
    }
    long bins = length / 2 + 1;
    Tensor table = Tensor.zeros(type, Shape.of(bins, mels));
    for (long i = 0; i < mels; i++) {
      long left = bin(low, high, i, mels, length, rate);
      long centre = bin(low, high, i + 1, mels, length, rate);
      long right = bin(low, high, i + 2, mels, length, rate);
      if (left < 0 || right > bins) {
        throw GraphErrors.invalid(
            inference.node(), "the edges lie outside the spectrum of sample_rate " + rate);
      }
      for (long bin = left; bin < Math.max(right, centre + 1); bin++) {
        double rising = centre == left ? 1 : (double) (bin - left) / (centre - left);
        double falling = bin < centre ? 1 : (double) (right - bin) / Math.max(1, right - centre);
        double weight = bin <= centre && right == centre ? rising : Math.min(rising, falling);
        if (bin < bins) {
          Elements.putDouble(type, table.data(), 0, bin * mels + i, weight);
        }
      }
    }
    return table;
  }

  private static double real(Inference inference, int input, String what) {
    Tensor value = inference.requireValue(input, what);
    return Elements.getDouble(value.dtype(), value.data(), 0, 0);
  }

  private static double mel(double hertz) {
    return 2595 * StrictMath.log10(1 + hertz / 700);
  }

  private static long bin(double low, double high, long corner, long mels, long length, long rate) {
    double mel = low + corner * (high - low) / (mels + 2);
    double hertz = 700 * (StrictMath.pow(10, mel / 2595) - 1);
    return (long) Math.floor((length + 1) * hertz / rate);
  }

  @Override
  public void lower(Lowering lowering) {
    Fill.emit(lowering, lowering.output(0), Objects.requireNonNull(lowering.outputFact(0).value()));
  }
}
