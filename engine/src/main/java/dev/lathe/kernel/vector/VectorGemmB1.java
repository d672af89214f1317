package dev.lathe.kernel.vector;

import static dev.lathe.kernel.vector.Vectors.ADDRESS;
import static dev.lathe.kernel.vector.Vectors.ALL;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmB1;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.SignsF32;
import dev.lathe.kernel.pack.SignPanels;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * {@link GemmB1}: the loops round the tiles of {@link SignTiles}, and the epilogue.
 *
 * <pre>
 * for a block of rows           A's part of it stays in L2; the nonzeros of its rows are counted
 *   for a panel of B            stays in L1
 *     for rows of one kind      with zeros or without: to scratch memory; epilogue from there to C
 * </pre>
 */
final class VectorGemmB1 implements GemmB1 {

  private static final Isa ISA = Specialization.isa(MethodHandles.lookup());
  private static final SignTiles BINARY =
      Specialization.of(VectorSignTiles.class, ISA, SignKind.BINARY);
  private static final SignTiles TERNARY =
      Specialization.of(VectorSignTiles.class, ISA, SignKind.TERNARY);
  private static final StoreF32 STORE = Specialization.of(VectorStoreF32.class, ISA);
  private static final int NR = BINARY.nr();
  private static final SignPanels LAYOUT = new SignPanels(NR, SignsF32.WORD);

  /** Rows that are stored together. */
  private static final int MR = 16;

  private static final long ACC_BYTES = 4L * MR * NR;

  /** Rows of a block, whose nonzeros are counted before. */
  private static final int BLOCK = 128;

  @Override
  public KernelName name() {
    return KernelName.of("b1", "brgemm", MR, NR, ISA);
  }

  @Override
  public int mr() {
    return MR;
  }

  @Override
  public int nr() {
    return NR;
  }

  @Override
  public PackedLayout rhsLayout() {
    return LAYOUT;
  }

  @Override
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      MemorySegment scales,
      MemorySegment lhs,
      long lhsAt,
      long nonzeroStep,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    if (mFrom >= mTo || nFrom >= nTo) {
      return;
    }
    int words = shape.taps() * SignsF32.words(shape.k());
    long aStep = 4 * shape.lhsStride();
    long aBytes = (mTo - 1) * aStep + 4L * words;
    long a = Vectors.address(lhs, lhsAt, aBytes);
    if (nonzeroStep != 0) {
      Vectors.address(lhs, lhsAt + nonzeroStep, aBytes);
    }
    long b = Vectors.address(rhs, 0, LAYOUT.bytes(shape.taps(), shape.k(), shape.n()));
    long scale = Vectors.address(scales, 0, 4L * Math.ceilDiv(nTo, SCALES) * SCALES);
    long bias = epilogue.bias() == null ? 0 : Vectors.address(epilogue.bias(), 0, 4L * nTo);
    long d = addend == null ? 0 : rows(addend, addendAt, epilogue.addendStride(), mTo, nTo);
    long c = rows(dst, dstAt, shape.dstStride(), mTo, nTo);

    long panelBytes = LAYOUT.groupBytes(shape.taps(), shape.k());
    long acc = Scratch.address(ACC_BYTES + 4L * BLOCK);
    long nonzeros = acc + ACC_BYTES;
    for (int i = mFrom; i < mTo; i += BLOCK) {
      int count = Math.min(BLOCK, mTo - i);
      countNonzeros(shape, a + i * aStep, aStep, nonzeroStep, words, count, nonzeros);
      for (int j = nFrom; j < nTo; j += NR) {
        long panel = b + j / NR * panelBytes;
        for (int r = 0; r < count; ) {
          int height = alike(shape, nonzeros, r, Math.min(count, r + MR)) - r;
          long row = a + (i + r) * aStep;
          long counts = nonzeros + 4L * r;
          long factors = scale + 4L * j;
          SignTiles tiles = nonzeros(nonzeros, r) == shape.depth() ? BINARY : TERNARY;
          tiles.rows(row, aStep, height, nonzeroStep, counts, words, panel, factors, acc);
          int jTo = Math.min(nTo, j + NR);
          STORE.rows(shape.dstStride(), epilogue, acc, 0, height, bias, d, c, i + r, j, jTo);
          r += height;
        }
      }
    }
  }

  /** The address of [mTo][nTo] elements in rows {@code stride} apart. */
  private static long rows(MemorySegment segment, long at, long stride, int mTo, int nTo) {
    return Vectors.address(segment, at, 4 * ((mTo - 1) * stride + nTo));
  }

  private static void countNonzeros(
      GemmShape shape, long a, long aStep, long nonzeroStep, int words, int count, long to) {
    for (int r = 0; r < count; r++) {
      int nonzeros = nonzeroStep == 0 ? shape.depth() : 0;
      for (int word = 0; nonzeroStep != 0 && word < words; word++) {
        nonzeros +=
            Integer.bitCount(ALL.get(I32, (a + r * aStep + nonzeroStep + 4L * word) & ADDRESS));
      }
      ALL.set(I32, (to + 4L * r) & ADDRESS, nonzeros);
    }
  }

  private static int nonzeros(long nonzeros, int r) {
    return ALL.get(I32, (nonzeros + 4L * r) & ADDRESS);
  }

  /** The end of the rows from {@code r} on that have zeros, or have none, as row {@code r}. */
  private static int alike(GemmShape shape, long nonzeros, int r, int end) {
    boolean plain = nonzeros(nonzeros, r) == shape.depth();
    int next = r + 1;
    while (next < end && (nonzeros(nonzeros, next) == shape.depth()) == plain) {
      next++;
    }
    return next;
  }
}
