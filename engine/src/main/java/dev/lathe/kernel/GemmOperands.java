package dev.lathe.kernel;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The checks that kernels on bare addresses make once on entry: what passes lies in native memory
 * and within its segment, but for rows found through the table of a shape, which are for the kernel
 * to check.
 */
public final class GemmOperands {

  /** Columns to whose multiple the operands per column are padded. */
  private static final int COLUMNS = 16;

  private GemmOperands() {}

  /**
   * Checks the operands of {@link GemmU8S8#run}.
   *
   * @param rhsBytes bytes of all of {@code rhs}
   * @throws IndexOutOfBoundsException for a range that leaves the problem or its segment
   * @throws IllegalArgumentException for an operand on the Java heap
   */
  public static void check(
      GemmShape shape,
      IntegerEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      long rhsBytes,
      @Nullable MemorySegment rhsZeroPoints,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    checkOperands(shape, 1, lhs, lhsAt, rhs, rhsAt, rhsBytes, zeroRow, mFrom, mTo, nFrom, nTo);
    checkColumns(epilogue, nTo);
    checkAddend(epilogue, addend, addendAt, mTo, nTo);
    if (rhsZeroPoints != null) {
      check(rhsZeroPoints, 0, columnBytes(nTo));
    }
    check(dst, dstAt, epilogue.dstBytes() * span(mTo, shape.dstStride(), nTo));
  }

  /** Checks what an epilogue has per column, padded. */
  public static void checkColumns(IntegerEpilogue epilogue, int n) {
    check(epilogue.bias(), 0, columnBytes(n));
    if (epilogue instanceof Requantize levels) {
      check(levels.scale(), 0, columnBytes(n));
    }
  }

  /** Checks the residual operand of {@code m} rows where the epilogue has one. */
  public static void checkAddend(
      IntegerEpilogue epilogue, @Nullable MemorySegment addend, long addendAt, int m, int n) {
    if (epilogue instanceof Requantize levels && levels.addend() != null) {
      long bytes = span(m, levels.addend().stride(), n);
      check(Objects.requireNonNull(addend, "addend"), addendAt, bytes);
    }
  }

  private static long columnBytes(int n) {
    return 4L * Math.ceilDiv(n, COLUMNS) * COLUMNS;
  }

  /**
   * Checks the operands of {@link GemmFloat#run}.
   *
   * @param rhsBytes bytes of all of {@code rhs}
   * @throws IndexOutOfBoundsException for a range that leaves the problem or its segment
   * @throws IllegalArgumentException for an operand on the Java heap
   */
  public static void check(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      long rhsBytes,
      @Nullable MemorySegment zeroRow,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    checkOperands(shape, 4, lhs, lhsAt, rhs, rhsAt, rhsBytes, zeroRow, mFrom, mTo, nFrom, nTo);
    checkResults(shape, epilogue, addend, addendAt, dst, dstAt, mTo, nTo);
  }

  /** Checks what a product in float32 adds and where it goes, of rows and columns up to these. */
  public static void checkResults(
      GemmShape shape,
      FloatEpilogue epilogue,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mTo,
      int nTo) {
    if (epilogue.bias() != null) {
      check(epilogue.bias(), 0, columnBytes(nTo));
    }
    if (epilogue.hasAddend()) {
      long bytes = 4 * span(mTo, epilogue.addendStride(), nTo);
      check(Objects.requireNonNull(addend, "addend"), addendAt, bytes);
    }
    check(dst, dstAt, 4 * span(mTo, shape.dstStride(), nTo));
  }

  /** Checks the ranges and the operands that products of all types have, of so many bytes each. */
  private static void checkOperands(
      GemmShape shape,
      int lhsElementBytes,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      long rhsAt,
      long rhsBytes,
      @Nullable MemorySegment zeroRow,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    Objects.checkFromToIndex(mFrom, mTo, shape.m());
    Objects.checkFromToIndex(nFrom, nTo, shape.n());
    MemorySegment table = shape.rowOffsets();
    if (table == null) {
      check(lhs, lhsAt, lhsElementBytes * span(mTo, shape.lhsStride(), shape.depth()));
    } else {
      check(lhs, lhsAt, 0);
      check(table, 0, 4L * shape.taps() * shape.m());
    }
    check(rhs, rhsAt, rhsBytes);
    if (zeroRow != null) {
      check(zeroRow, 0, (long) lhsElementBytes * shape.k());
    }
  }

  /** Elements of {@code rows} rows of {@code width} that are {@code stride} apart. */
  public static long span(int rows, long stride, int width) {
    return rows == 0 ? 0 : (rows - 1) * stride + width;
  }

  /** Checks that {@code bytes} bytes from {@code at} are native memory of the segment. */
  public static void check(MemorySegment segment, long at, long bytes) {
    Objects.checkFromIndexSize(at, bytes, segment.byteSize());
    if (!segment.isNative()) {
      throw new IllegalArgumentException("kernel operand on the Java heap: " + segment);
    }
  }
}
