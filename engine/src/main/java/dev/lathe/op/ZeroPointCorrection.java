package dev.lathe.op;

import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.op.IntegerProductStep.Finish;
import dev.lathe.plan.Frame;
import dev.lathe.plan.Slot;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Subtracts zero points from the sums of a block: {@code sum -= za * columnSums[j] + zb[j] *
 * (rowSum - K * za)}, the second term only when {@code rhsZero} is given.
 *
 * @param columnSums of each matrix B, or empty when they are computed in the run
 * @param columnSumsInRun int32 [matrices][n]
 */
record ZeroPointCorrection(
    ProductShapes shapes,
    ZeroPoint lhsZero,
    @Nullable ZeroPoint rhsZero,
    Slot lhs,
    List<MemorySegment> columnSums,
    @Nullable Slot columnSumsInRun,
    Slot sums)
    implements Finish {

  @Override
  public void block(Frame frame, int product, int mFrom, int mTo, int nFrom, int nTo) {
    int m = shapes.m();
    int n = shapes.n();
    int matrix = shapes.rhsMatrix(product);
    MemorySegment columns;
    long columnsAt = 0;
    if (columnSums.isEmpty()) {
      Slot slot = Objects.requireNonNull(columnSumsInRun);
      columns = frame.segment(slot);
      columnsAt = frame.at(slot) + 4L * matrix * n;
    } else {
      columns = columnSums.get(matrix);
    }
    MemorySegment values = frame.segment(sums);
    boolean second = rhsZero != null && !rhsZero.isZero();
    for (int i = mFrom; i < mTo; i++) {
      int lhsMatrix = shapes.lhsMatrix(product);
      int za = lhsZero.get(frame, ZeroPoint.index(lhsZero.count(), lhsMatrix, m, i));
      long row = frame.at(sums) + 4L * ((long) product * m + i) * n;
      for (int j = nFrom; za != 0 && j < nTo; j++) {
        int sum = values.get(I32, row + 4L * j) - za * columns.get(I32, columnsAt + 4L * j);
        values.set(I32, row + 4L * j, sum);
      }
      if (second && rhsZero != null) {
        int factor = rowSum(frame, lhsMatrix, i) - shapes.k() * za;
        for (int j = nFrom; j < nTo; j++) {
          int zb = rhsZero.get(frame, ZeroPoint.index(rhsZero.count(), matrix, n, j));
          values.set(I32, row + 4L * j, values.get(I32, row + 4L * j) - zb * factor);
        }
      }
    }
  }

  private int rowSum(Frame frame, int matrix, int row) {
    long at = frame.at(lhs) + ((long) matrix * shapes.m() + row) * shapes.k();
    int sum = 0;
    for (int p = 0; p < shapes.k(); p++) {
      sum += frame.segment(lhs).get(I8, at + p) & 0xFF;
    }
    return sum;
  }
}
