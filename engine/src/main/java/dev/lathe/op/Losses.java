package dev.lathe.op;

import dev.lathe.error.InvalidDataException;
import dev.lathe.error.Problem;
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
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss, with class weights, an ignored label and
 * the reductions none, sum and mean.
 *
 * <pre>
 * x [N, C, d1, ...], target [N, d1, ...], weight [C]
 * loss[n, d] = -weight[t] * x[n, t, d],  t = target[n, d];  0 for an ignored one
 * mean       = sum of losses / sum of the weights of targets that are not ignored
 * </pre>
 *
 * Cross entropy takes the logarithm of the softmax along C first, which is its second output.
 * Everything is computed in double and summed in row-major order.
 */
final class Losses implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("NegativeLogLikelihoodLoss"), Key.onnx("SoftmaxCrossEntropyLoss"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    Node node = inference.node();
    DType type = Checks.requireReal(inference, 0);
    Shape shape = inference.shape(0);
    if (shape.rank() < 2) {
      throw GraphErrors.invalid(
          node, "the input is " + inference.fact(0) + ", expected [N, C, ...]");
    }
    Checks.requireIndexType(inference, 1);
    Shape positions = Reduce.reducedShape(shape, classAxis(shape), false);
    if (!inference.shape(1).equals(positions)) {
      throw GraphErrors.invalid(
          node, "targets are " + inference.shape(1) + ", expected " + positions);
    }
    if (inference.has(2)) {
      Checks.requireSameType(inference, 0, 2);
      if (!inference.shape(2).equals(Shape.of(shape.dim(1)))) {
        throw GraphErrors.invalid(
            node, "weights are " + inference.shape(2) + " for " + shape.dim(1) + " classes");
      }
    }
    TensorFact loss =
        TensorFact.of(type, reduction(node).equals("none") ? positions : Shape.scalar());
    return node.outputs().size() > 1 ? List.of(loss, TensorFact.of(type, shape)) : List.of(loss);
  }

  private static boolean[] classAxis(Shape shape) {
    boolean[] reduced = new boolean[shape.rank()];
    reduced[1] = true;
    return reduced;
  }

  private static String reduction(Node node) {
    String reduction = node.textAttribute("reduction", "mean");
    if (!List.of("none", "sum", "mean").contains(reduction)) {
      throw GraphErrors.invalid(
          node, "attribute 'reduction' is '" + reduction + "', expected none, sum or mean");
    }
    return reduction;
  }

  @Override
  public void lower(Lowering lowering) {
    Body body = new Body(lowering);
    lowering.emit(
        RangeStep.units("loss", body.positions(), body.softmax ? body.classes * 16 : 4, body));
    if (!body.each) {
      lowering.emit(new RangeStep("loss", 1, 1, 1, body::total));
    }
  }

  private static final class Body implements RangeStep.Body {
    private final String place;
    private final DType type;
    private final DType targetType;
    private final long classes;
    private final long inner;
    private final boolean softmax;
    private final boolean each;
    private final boolean mean;
    private final boolean ignores;
    private final long ignored;
    private final Slot x;
    private final Slot targets;
    private final @Nullable Slot weights;
    private final @Nullable Slot logarithms;
    private final Slot losses;
    private final Slot result;

    Body(Lowering lowering) {
      Node node = lowering.node();
      Shape shape = lowering.fact(0).shape();
      this.place = node.toString();
      this.type = lowering.fact(0).dtype();
      this.targetType = lowering.fact(1).dtype();
      this.classes = shape.dim(1);
      this.inner = shape.product(2, shape.rank());
      this.softmax = node.is("SoftmaxCrossEntropyLoss");
      this.each = reduction(node).equals("none");
      this.mean = reduction(node).equals("mean");
      this.ignores = node.attributes().containsKey("ignore_index");
      this.ignored = node.intAttribute("ignore_index", 0);
      this.x = lowering.input(0);
      this.targets = lowering.input(1);
      this.weights = lowering.has(2) ? lowering.input(2) : null;
      this.logarithms = lowering.isUsed(1) ? lowering.output(1) : null;
      this.result = lowering.isUsed(0) ? lowering.output(0) : lowering.scratch(8 * positions());
      this.losses = each ? result : lowering.scratch(8 * positions());
    }

    private long positions() {
      return targets.fact().shape().elements();
    }

    @Override
    public void run(Frame frame, long from, long to) {
      for (long position = from; position < to; position++) {
        long start = position / inner * inner * classes + position % inner;
        double level = softmax ? logSumExp(frame, start) : 0;
        if (logarithms != null) {
          for (long c = 0; c < classes; c++) {
            long index = start + c * inner;
            double value = x(frame, index) - level;
            Elements.putDouble(type, frame.segment(logarithms), frame.at(logarithms), index, value);
          }
        }
        long target = target(frame, position);
        double loss =
            target < 0 ? 0 : weight(frame, target) * (level - x(frame, start + target * inner));
        DType stored = each ? type : DType.FLOAT64;
        Elements.putDouble(stored, frame.segment(losses), frame.at(losses), position, loss);
      }
    }

    private double logSumExp(Frame frame, long start) {
      double greatest = Double.NEGATIVE_INFINITY;
      for (long c = 0; c < classes; c++) {
        greatest = Math.max(greatest, x(frame, start + c * inner));
      }
      double sum = 0;
      for (long c = 0; c < classes; c++) {
        sum += StrictMath.exp(x(frame, start + c * inner) - greatest);
      }
      return greatest + StrictMath.log(sum);
    }

    private void total(Frame frame, long from, long to) {
      double sum = 0;
      double weight = 0;
      for (long position = 0; position < positions(); position++) {
        sum += Elements.getDouble(DType.FLOAT64, frame.segment(losses), frame.at(losses), position);
        long target = target(frame, position);
        weight += target < 0 ? 0 : weight(frame, target);
      }
      double value = mean ? sum / weight : sum;
      Elements.putDouble(type, frame.segment(result), frame.at(result), 0, value);
    }

    private double x(Frame frame, long index) {
      return Elements.getDouble(type, frame.segment(x), frame.at(x), index);
    }

    private double weight(Frame frame, long target) {
      Slot given = weights;
      return given == null
          ? 1
          : Elements.getDouble(type, frame.segment(given), frame.at(given), target);
    }

    /** The class at a position, or -1 when it is ignored. */
    private long target(Frame frame, long position) {
      MemorySegment segment = frame.segment(targets);
      long target = Elements.getLong(targetType, segment, frame.at(targets), position);
      if (ignores && target == ignored) {
        return -1;
      }
      if (target < 0 || target >= classes) {
        throw new InvalidDataException(
            new Problem(
                "target " + target + " for " + classes + " classes",
                place,
                "targets lie in [0, " + classes + ") or equal ignore_index",
                "check the inputs"));
      }
      return target;
    }
  }
}
