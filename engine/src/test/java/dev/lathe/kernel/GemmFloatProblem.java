package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A random product of floats whose rows, epilogue and values depend on a seed. */
final class GemmFloatProblem {

  private static final float[] SPECIAL = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    -0f,
    Float.MAX_VALUE,
    Float.MIN_VALUE,
    -Float.MIN_NORMAL
  };

  private final Arena arena;
  private final Random random;
  private final GemmShape shape;
  private final FloatEpilogue epilogue;
  private final GuardedFloats lhs;
  private final GuardedFloats rhs;
  private final MemorySegment zeroRow;
  private final @Nullable GuardedFloats addend;

  GemmFloatProblem(Arena arena, int m, int n, int k, int taps, long seed) {
    this.arena = arena;
    this.random = new Random(seed);
    boolean special = random.nextInt(4) == 0;
    int stride = k * taps + (random.nextBoolean() ? 0 : 5);
    int dstStride = n + (random.nextBoolean() ? 0 : 3);
    boolean indirect = random.nextInt(3) > 0;
    MemorySegment offsets = indirect ? offsets(m, taps, k, stride) : null;
    this.shape = new GemmShape(m, n, k, taps, stride, offsets, dstStride);
    this.lhs = values(m * stride, special);
    this.rhs = values(taps * k * n, special);
    this.zeroRow = arena.allocate(4L * k, 64);
    boolean plus = random.nextBoolean();
    int addendStride = n + random.nextInt(4);
    this.addend = plus ? values(m * addendStride, special) : null;
    this.epilogue =
        switch (random.nextInt(4)) {
          case 0 -> new FloatEpilogue(null, plus ? addendStride : 0, 0, Float.POSITIVE_INFINITY);
          case 1 -> new FloatEpilogue(bias(n), plus ? addendStride : 0, -0.5f, 0.75f);
          case 2 ->
              new FloatEpilogue(
                  null, plus ? addendStride : 0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);
          default -> new FloatEpilogue(bias(n), plus ? addendStride : 0, 0, 6);
        };
  }

  /** C as the kernel leaves it, gaps between its rows included. */
  GuardedFloats run(GemmFloat kernel) {
    GuardedFloats dst = newDst();
    run(kernel, pack(kernel), dst, 0, shape.m(), 0, shape.n());
    return dst;
  }

  /** The same in parts: row ranges of two tiles, column ranges of one. */
  GuardedFloats runInParts(GemmFloat kernel) {
    GuardedFloats dst = newDst();
    MemorySegment packed = pack(kernel);
    for (int i = 0; i < shape.m(); i += 2 * kernel.mr()) {
      for (int j = 0; j < shape.n(); j += kernel.nr()) {
        int mTo = Math.min(i + 2 * kernel.mr(), shape.m());
        int nTo = Math.min(j + kernel.nr(), shape.n());
        run(kernel, packed, dst, i, mTo, j, nTo);
      }
    }
    return dst;
  }

  /** Twice the error to expect of sums in another order. */
  float reordered() {
    return 0x1p-21f * 9 * shape.depth();
  }

  /**
   * The same with all operands at the end of readable memory.
   *
   * @return C, gaps between its rows left out
   */
  float[] runAtTheEndOfPages(GemmFloat kernel) throws Throwable {
    int rowSpan = shape.rowOffsets() == null ? shape.depth() : Math.toIntExact(shape.lhsStride());
    long lhsBytes = 4 * ((shape.m() - 1) * shape.lhsStride() + rowSpan);
    MemorySegment dst =
        GuardPages.copy(
            arena,
            MemorySegment.ofArray(
                new float[Math.toIntExact((shape.m() - 1) * shape.dstStride()) + shape.n()]));
    MemorySegment bias = epilogue.bias();
    FloatEpilogue guarded =
        new FloatEpilogue(
            bias == null ? null : GuardPages.copy(arena, bias),
            epilogue.addendStride(),
            epilogue.min(),
            epilogue.max());
    kernel.run(
        shape,
        guarded,
        GuardPages.copy(arena, lhs.segment().asSlice(lhs.at(), lhsBytes)),
        0,
        GuardPages.copy(arena, pack(kernel)),
        0,
        GuardPages.copy(arena, zeroRow),
        addend == null ? null : GuardPages.copy(arena, lastRowCut(addend)),
        0,
        dst,
        0,
        0,
        shape.m(),
        0,
        shape.n());
    float[] rows = new float[shape.m() * shape.n()];
    for (int i = 0; i < shape.m(); i++) {
      MemorySegment.copy(
          dst, Tensor.F32, 4L * i * shape.dstStride(), rows, i * shape.n(), shape.n());
    }
    return rows;
  }

  private MemorySegment lastRowCut(GuardedFloats rows) {
    long bytes = 4 * ((shape.m() - 1) * epilogue.addendStride() + shape.n());
    return rows.segment().asSlice(rows.at(), bytes);
  }

  /** Row i, column j of what {@link #run} left. */
  float at(GuardedFloats result, int i, int j) {
    return result.get(Math.toIntExact(i * shape.dstStride() + j));
  }

  @Override
  public String toString() {
    return "%dx%dx%d, %d taps%s%s, %s"
        .formatted(
            shape.m(),
            shape.n(),
            shape.k(),
            shape.taps(),
            shape.rowOffsets() == null ? "" : ", indirect",
            addend == null ? "" : ", addend",
            epilogue);
  }

  private void run(
      GemmFloat kernel,
      MemorySegment packed,
      GuardedFloats dst,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    kernel.run(
        shape,
        epilogue,
        lhs.segment(),
        lhs.at(),
        packed,
        0,
        zeroRow,
        addend == null ? null : addend.segment(),
        addend == null ? 0 : addend.at(),
        dst.segment(),
        dst.at(),
        mFrom,
        mTo,
        nFrom,
        nTo);
  }

  private GuardedFloats newDst() {
    return GuardedFloats.allocate(arena, Math.toIntExact(shape.m() * shape.dstStride()), 4);
  }

  private MemorySegment pack(GemmFloat kernel) {
    int taps = shape.taps();
    int k = shape.k();
    int n = shape.n();
    MemorySegment packed = arena.allocate(kernel.rhsLayout().bytes(taps, k, n), 64);
    kernel
        .rhsLayout()
        .pack(new RhsView(rhs.segment(), rhs.at() / 4, taps, k, n, (long) k * n, n, 1), packed);
    return packed;
  }

  /** Rows anywhere in A, one in eight of them padding. */
  private MemorySegment offsets(int m, int taps, int k, int stride) {
    MemorySegment offsets = arena.allocate(4L * taps * m, 64);
    for (int i = 0; i < taps * m; i++) {
      int offset = random.nextInt(m * stride - k + 1);
      offsets.setAtIndex(I32, i, random.nextInt(8) == 0 ? GemmShape.PADDING : offset);
    }
    return offsets;
  }

  private MemorySegment bias(int n) {
    MemorySegment bias = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    GuardedFloats values = values(n, false);
    MemorySegment.copy(values.segment(), values.at(), bias, 0, 4L * n);
    return bias;
  }

  /** Finite values; with {@code special}, NaN and the ends of the range among them. */
  private GuardedFloats values(int count, boolean special) {
    GuardedFloats values = GuardedFloats.finite(arena, count, 4, random.nextLong());
    for (int i = 0; special && i < count; i++) {
      if (random.nextInt(50) == 0) {
        values.set(i, SPECIAL[random.nextInt(SPECIAL.length)]);
      }
    }
    return values;
  }
}
