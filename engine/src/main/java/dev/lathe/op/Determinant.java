package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Inference;
import dev.lathe.graph.TensorFact;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Lowering;
import dev.lathe.plan.Operator;
import dev.lathe.plan.Slot;
import dev.lathe.plan.Step;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Shape;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Det: determinants of the square matrices in the last two axes, by Gaussian elimination with
 * partial pivoting in double. The determinant of an empty matrix is 1.
 */
final class Determinant implements Operator {

  @Override
  public List<Key> keys() {
    return List.of(Key.onnx("Det"));
  }

  @Override
  public List<TensorFact> infer(Inference inference) {
    DType type = Checks.requireReal(inference, 0);
    Shape shape = inference.shape(0);
    if (shape.rank() < 2 || shape.dim(-1) != shape.dim(-2)) {
      throw GraphErrors.invalid(
          inference.node(), "the input is " + inference.fact(0) + ", expected square matrices");
    }
    return Checks.one(type, Shape.of(Arrays.copyOf(shape.dims(), shape.rank() - 2)));
  }

  @Override
  public void lower(Lowering lowering) {
    Shape shape = lowering.fact(0).shape();
    int n = shape.intDim(-1);
    Slot work = lowering.scratch(8L * n * n * lowering.threads());
    lowering.emit(
        new Elimination(
            lowering.input(0), work, lowering.output(0), n, shape.product(0, shape.rank() - 2)));
  }

  /** One matrix after the other, each in the part's own copy. */
  private record Elimination(Slot src, Slot work, Slot dst, int n, long matrices) implements Step {

    @Override
    public String kernel() {
      return "det";
    }

    @Override
    public int parts(int threads) {
      return (int) Math.min(Math.max(1, matrices), Partition.parts(matrices * n * n * n, threads));
    }

    @Override
    public void run(Frame frame, int part, int parts) {
      DType type = src.fact().dtype();
      MemorySegment in = frame.segment(src);
      MemorySegment a = frame.segment(work);
      long base = frame.at(work) + 8L * n * n * part;
      long end = Partition.bound(matrices, 1, part + 1, parts);
      for (long i = Partition.bound(matrices, 1, part, parts); i < end; i++) {
        for (long at = 0; at < (long) n * n; at++) {
          double value = Elements.getDouble(type, in, frame.at(src), i * n * n + at);
          a.set(Tensor.F64, base + 8 * at, value);
        }
        Elements.putDouble(type, frame.segment(dst), frame.at(dst), i, eliminate(a, base));
      }
    }

    private double eliminate(MemorySegment a, long base) {
      double determinant = 1;
      for (int column = 0; column < n; column++) {
        int pivot = column;
        for (int row = column + 1; row < n; row++) {
          if (Math.abs(get(a, base, row, column)) > Math.abs(get(a, base, pivot, column))) {
            pivot = row;
          }
        }
        double value = get(a, base, pivot, column);
        determinant *= pivot == column ? value : -value;
        if (value == 0) {
          return 0;
        }
        if (pivot != column) {
          swap(a, base, column, pivot);
        }
        for (int row = column + 1; row < n; row++) {
          subtract(a, base, row, column, get(a, base, row, column) / value);
        }
      }
      return determinant;
    }

    private void swap(MemorySegment a, long base, int first, int second) {
      for (int column = 0; column < n; column++) {
        double kept = get(a, base, first, column);
        set(a, base, first, column, get(a, base, second, column));
        set(a, base, second, column, kept);
      }
    }

    private void subtract(MemorySegment a, long base, int row, int pivot, double factor) {
      for (int column = pivot; column < n; column++) {
        double value = get(a, base, row, column) - factor * get(a, base, pivot, column);
        set(a, base, row, column, value);
      }
    }

    private double get(MemorySegment a, long base, int row, int column) {
      return a.get(Tensor.F64, base + 8 * ((long) row * n + column));
    }

    private void set(MemorySegment a, long base, int row, int column, double value) {
      a.set(Tensor.F64, base + 8 * ((long) row * n + column), value);
    }
  }
}
