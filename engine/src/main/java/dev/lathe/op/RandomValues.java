package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.Node;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import java.util.List;

/**
 * RandomUniform, RandomNormal, their Like forms, Bernoulli and Multinomial.
 *
 * <p>Every run of a node yields the same numbers: number i is a pure function of the seed and i, so
 * that results do not depend on threads. The seed is the attribute, or the node's name without one.
 * A uniform number is the top 53 bits of the SplitMix64 mix of {@code seed + (i + 1) *
 * 0x9E3779B97F4A7C15} (Steele, Lea and Flood, OOPSLA 2014); a normal one is made of two by Box and
 * Muller's transform.
 */
final class RandomValues implements Operator {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  @Override
  public List<Key> keys() {
    return List.of(
        Key.onnx("RandomUniform"),
        Key.onnx("RandomUniformLike"),
        Key.onnx("RandomNormal"),
        Key.onnx("RandomNormalLike"),
        Key.onnx("Bernoulli"),
        Key.onnx("Multinomial"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    return switch (node.opType()) {
      case "RandomUniform", "RandomNormal" -> Checks.one(type(node, DType.FLOAT32), shape(node));
      case "Multinomial" -> multinomial(inference);
      default -> Checks.one(type(node, inference.dtype(0)), inference.shape(0));
    };
  }

  private static Shape shape(Node node) {
    long[] dims = node.intsAttribute("shape");
    if (dims == null) {
      throw GraphErrors.invalid(node, "attribute 'shape' is missing");
    }
    return Shape.of(dims);
  }

  private static List<TensorFact> multinomial(Inference inference) {
    Node node = inference.node();
    inference.requireRank(0, 2);
    Shape logits = inference.shape(0);
    long samples = node.intAttribute("sample_size", 1);
    Checks.requireReal(inference, 0);
    if (logits.dim(1) == 0 || samples < 0) {
      throw GraphErrors.invalid(
          node, samples + " samples from " + inference.fact(0) + ", expected [N, classes]");
    }
    DType type = type(node, DType.INT32);
    if (type != DType.INT32 && type != DType.INT64) {
      throw GraphErrors.invalid(node, "the output is " + type + ", expected int32 or int64");
    }
    return Checks.one(type, Shape.of(logits.dim(0), samples));
  }

  private static DType type(Node node, DType fallback) {
    DType type =
        node.attributes().containsKey("dtype")
            ? DType.ofCode(Math.toIntExact(node.intAttribute("dtype", 0)))
            : fallback;
    boolean real =
        switch (type) {
          case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> true;
          default -> false;
        };
    boolean whole = type == DType.BOOL || (type.isInteger() && type.bits() >= 8);
    if (!real && !(whole && (node.is("Bernoulli") || node.is("Multinomial")))) {
      throw GraphErrors.invalid(node, "the output is " + type + ", which this operator lacks");
    }
    return type;
  }

  private static long seed(Node node) {
    return node.attributes().containsKey("seed")
        ? Float.floatToIntBits(node.floatAttribute("seed", 0))
        : node.name().hashCode();
  }

  /** Number {@code index} of a stream, uniform in [0, 1). */
  static double uniform(long seed, long index) {
    long bits = mix(seed) + (index + 1) * GAMMA;
    return (mix(bits) >>> 11) * 0x1p-53;
  }

  private static long mix(long bits) {
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return bits ^ (bits >>> 31);
  }

  private static double normal(long seed, long index) {
    double radius = Math.sqrt(-2 * StrictMath.log(1 - uniform(seed, 2 * index)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(seed, 2 * index + 1));
  }

  @Override
  public void lower(Lowering lowering) {
    Node node = lowering.node();
    Slot dst = lowering.output(0);
    DType type = dst.fact().dtype();
    long seed = seed(node);
    long count = dst.fact().shape().elements();
    RangeStep.Body body =
        switch (node.opType()) {
          case "Multinomial" -> draws(lowering, seed);
          case "Bernoulli" -> coins(lowering, seed);
          case "RandomNormal", "RandomNormalLike" -> {
            double mean = node.floatAttribute("mean", 0);
            double scale = node.floatAttribute("scale", 1);
            yield (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                put(type, frame, dst, i, mean + scale * normal(seed, i));
              }
            };
          }
          default -> {
            double low = node.floatAttribute("low", 0);
            double high = node.floatAttribute("high", 1);
            yield (frame, from, to) -> {
              for (long i = from; i < to; i++) {
                put(type, frame, dst, i, low + (high - low) * uniform(seed, i));
              }
            };
          }
        };
    lowering.emit(new RangeStep("random", count, RangeStep.CACHE_LINE_GRAIN, count * 16, body));
  }

  private static void put(DType type, Frame frame, Slot dst, long index, double value) {
    Elements.putDouble(type, frame.segment(dst), frame.at(dst), index, value);
  }

  /** 1 with the probability that the input gives. */
  private static RangeStep.Body coins(Lowering lowering, long seed) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType from = src.fact().dtype();
    DType type = dst.fact().dtype();
    return (frame, first, end) -> {
      for (long i = first; i < end; i++) {
        double probability = Elements.getDouble(from, frame.segment(src), frame.at(src), i);
        put(type, frame, dst, i, uniform(seed, i) < probability ? 1 : 0);
      }
    };
  }

  /** Classes drawn from the softmax of the input's rows. */
  private static RangeStep.Body draws(Lowering lowering, long seed) {
    Slot src = lowering.input(0);
    Slot dst = lowering.output(0);
    DType from = src.fact().dtype();
    DType type = dst.fact().dtype();
    long classes = src.fact().shape().dim(1);
    long samples = dst.fact().shape().dim(1);
    return (frame, first, end) -> {
      for (long i = first; i < end; i++) {
        long row = i / samples * classes;
        double greatest = Double.NEGATIVE_INFINITY;
        for (long c = row; c < row + classes; c++) {
          double x = Elements.getDouble(from, frame.segment(src), frame.at(src), c);
          greatest = Math.max(greatest, x);
        }
        double sum = 0;
        for (long c = row; c < row + classes; c++) {
          double x = Elements.getDouble(from, frame.segment(src), frame.at(src), c);
          sum += StrictMath.exp(x - greatest);
        }
        double left = uniform(seed, i) * sum;
        long drawn = 0;
        for (long c = 0; c < classes && left >= 0; c++) {
          double x = Elements.getDouble(from, frame.segment(src), frame.at(src), row + c);
          left -= StrictMath.exp(x - greatest);
          drawn = c;
        }
        Elements.putLong(type, frame.segment(dst), frame.at(dst), i, drawn);
      }
    };
  }
}
