package dev.lathe.op;

import dev.lathe.graph.Attribute;
import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.kernel.UnaryF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An activation function of RNN, GRU and LSTM, applied in place; those that {@link UnaryF32} lacks
 * are computed one element at a time.
 */
final class RecurrentActivation {

  private enum Plain {
    AFFINE,
    SCALED_TANH,
    THRESHOLDED_RELU,
    SOFTSIGN
  }

  private final UnaryF32.@Nullable Function function;
  private final Plain plain;
  private final float a;
  private final float b;

  private RecurrentActivation(UnaryF32.@Nullable Function function, Plain plain, float a, float b) {
    this.function = function;
    this.plain = plain;
    this.a = a;
    this.b = b;
  }

  /**
   * The functions of all directions in the attributes' order. Values of {@code activation_alpha}
   * and {@code activation_beta} go to the functions that take one, in order.
   *
   * @param defaults names for one direction
   */
  static List<RecurrentActivation> of(Node node, List<String> defaults, int directions) {
    List<String> names = new ArrayList<>();
    if (node.attributes().get("activations") instanceof Attribute.Texts(List<String> given)) {
      names.addAll(given);
    } else {
      for (int d = 0; d < directions; d++) {
        names.addAll(defaults);
      }
    }
    if (names.size() != defaults.size() * directions) {
      throw GraphErrors.invalid(
          node, "has " + names.size() + " activations for " + directions + " directions");
    }
    Iterator<Float> alphas = reals(node, "activation_alpha").iterator();
    Iterator<Float> betas = reals(node, "activation_beta").iterator();
    return names.stream().map(name -> of(node, name, alphas, betas)).toList();
  }

  private static List<Float> reals(Node node, String key) {
    return switch (node.attributes().get(key)) {
      case null -> List.of();
      case Attribute.Reals(List<Float> values) -> values;
      default -> throw GraphErrors.invalid(node, "attribute '" + key + "' is no list of floats");
    };
  }

  private static RecurrentActivation of(
      Node node, String name, Iterator<Float> alphas, Iterator<Float> betas) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "relu" -> vector(UnaryF32.Function.RELU, 0, 0);
      case "tanh" -> vector(UnaryF32.Function.TANH, 0, 0);
      case "sigmoid" -> vector(UnaryF32.Function.SIGMOID, 0, 0);
      case "softplus" -> vector(UnaryF32.Function.SOFTPLUS, 0, 0);
      case "leakyrelu" -> vector(UnaryF32.Function.LEAKY_RELU, next(alphas, 0.01f), 0);
      case "elu" -> vector(UnaryF32.Function.ELU, next(alphas, 1), 0);
      case "hardsigmoid" ->
          vector(UnaryF32.Function.HARD_SIGMOID, next(alphas, 0.2f), next(betas, 0.5f));
      case "affine" -> plain(Plain.AFFINE, next(alphas, 1), next(betas, 0));
      case "scaledtanh" -> plain(Plain.SCALED_TANH, next(alphas, 1), next(betas, 1));
      case "thresholdedrelu" -> plain(Plain.THRESHOLDED_RELU, next(alphas, 1), 0);
      case "softsign" -> plain(Plain.SOFTSIGN, 0, 0);
      default -> throw GraphErrors.invalid(node, "there is no activation '" + name + "'");
    };
  }

  private static RecurrentActivation vector(UnaryF32.Function function, float a, float b) {
    return new RecurrentActivation(function, Plain.AFFINE, a, b);
  }

  private static RecurrentActivation plain(Plain plain, float a, float b) {
    return new RecurrentActivation(null, plain, a, b);
  }

  private static float next(Iterator<Float> values, float fallback) {
    return values.hasNext() ? values.next() : fallback;
  }

  /** Applies the function in place to {@code count} floats at a byte offset. */
  void apply(UnaryF32 kernel, MemorySegment data, long at, long count) {
    if (function != null) {
      kernel.run(function, a, b, data, at, data, at, count);
      return;
    }
    for (long i = 0; i < count; i++) {
      float x = data.get(Tensor.F32, at + 4 * i);
      data.set(Tensor.F32, at + 4 * i, plainValue(x));
    }
  }

  private float plainValue(float x) {
    return switch (plain) {
      case AFFINE -> a * x + b;
      case SCALED_TANH -> (float) (a * StrictMath.tanh((double) b * x));
      case THRESHOLDED_RELU -> x > a ? x : 0;
      case SOFTSIGN -> x / (1 + Math.abs(x));
    };
  }
}
