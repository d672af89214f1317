package dev.lathe.op;

import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Einsum: any equation, with ellipses, diagonals and any number of operands, which are contracted
 * from left to right. Before two are multiplied, each is summed over what only it has. A product of
 * fp32 matrices is a matrix product ({@link EinsumProduct}), everything else a {@link
 * SumOfProducts}.
 */
final class Einsum implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Einsum"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireNumeric(inference, 0);
    for (int i = 1; i < inference.node().inputs().size(); i++) {
      Checks.requireSameType(inference, 0, i);
    }
    return Checks.one(type, EinsumEquation.of(inference).outputShape());
  }

  @Override
  public void lower(Lowering lowering) {
    new Contractions(lowering).emit();
  }

  private static final class Contractions {
    private final Lowering lowering;
    private final EinsumEquation equation;
    private final List<EinsumView> operands = new ArrayList<>();

    Contractions(Lowering lowering) {
      this.lowering = lowering;
      this.equation = EinsumEquation.of(lowering.inference());
      for (int i = 0; i < lowering.node().inputs().size(); i++) {
        operands.add(EinsumView.operand(equation, lowering, i));
      }
    }

    void emit() {
      EinsumView first = operands.getFirst();
      if (operands.size() == 1) {
        single(first);
        return;
      }
      for (int i = 1; i < operands.size(); i++) {
        first = contract(first, i == 1 ? 0 : -1, operands.get(i), i);
      }
    }

    private void single(EinsumView operand) {
      int[] output = equation.output();
      if (summed(operand, output).length > 0) {
        SumOfProducts.emit(lowering, equation, operand, null, result());
      } else if (operand.isDense(output)) {
        lowering.alias(0, 0);
      } else {
        operand.emitCopy(lowering, result(), output);
      }
    }

    private EinsumView result() {
      Slot slot = lowering.output(0);
      return EinsumView.dense(equation, slot, slot.fact().dtype(), equation.output());
    }

    /** Labels of a view, other than trivial ones, that are not among those kept. */
    private int[] summed(EinsumView view, int[] kept) {
      return IntStream.of(view.labels())
          .filter(label -> equation.extent(label) != 1 && !contains(kept, label))
          .toArray();
    }

    private static boolean contains(int[] labels, int label) {
      return IntStream.of(labels).anyMatch(other -> other == label);
    }

    /**
     * The product of two operands, summed over what neither the result nor later operands have.
     *
     * @param input which input of the node the left operand is, or -1
     */
    private EinsumView contract(EinsumView lhs, int input, EinsumView rhs, int at) {
      int[] kept =
          IntStream.range(0, equation.labels())
              .filter(label -> contains(equation.output(), label) || isNeeded(label, at + 1))
              .toArray();
      EinsumView left = reduced(lhs, rhs, kept);
      EinsumView right = reduced(rhs, lhs, kept);
      boolean last = at == operands.size() - 1;
      EinsumProduct product =
          EinsumProduct.of(
              equation,
              left,
              left == lhs ? input : -1,
              right,
              right == rhs ? at : -1,
              last ? equation.output() : kept);
      EinsumView target = last ? result() : null;
      if (product != null) {
        return product.emit(lowering, target);
      }
      EinsumView dst = target == null ? scratch(union(left, right, kept)) : target;
      SumOfProducts.emit(lowering, equation, left, right, dst);
      return dst;
    }

    private boolean isNeeded(int label, int from) {
      return operands.subList(from, operands.size()).stream().anyMatch(view -> view.has(label));
    }

    private static int[] union(EinsumView lhs, EinsumView rhs, int[] kept) {
      return IntStream.of(kept).filter(label -> lhs.has(label) || rhs.has(label)).toArray();
    }

    /** A view summed over the labels that neither the other has nor the result keeps. */
    private EinsumView reduced(EinsumView view, EinsumView other, int[] kept) {
      int[] remaining =
          IntStream.of(view.labels())
              .filter(label -> other.has(label) || contains(kept, label))
              .toArray();
      if (summed(view, remaining).length == 0) {
        return view;
      }
      EinsumView sum = scratch(remaining);
      SumOfProducts.emit(lowering, equation, view, null, sum);
      return sum;
    }

    /** A dense intermediate value; of fp32 in fp32, else in the widest type of its kind. */
    private EinsumView scratch(int[] labels) {
      DType type = lowering.fact(0).dtype();
      DType held = type == DType.FLOAT32 ? type : type.isFloat() ? DType.FLOAT64 : DType.INT64;
      long bytes = held.bytesFor(equation.product(labels));
      return EinsumView.dense(equation, lowering.scratch(bytes), held, labels);
    }
  }
}
