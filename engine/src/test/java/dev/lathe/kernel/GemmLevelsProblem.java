package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.kernel.pack.PackedLevels;
import dev.lathe.kernel.pack.PanelsF32;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A random product with packed levels, whose epilogue, zero points and values depend on a seed. */
final class GemmLevelsProblem {

  private final Arena arena;
  private final Random random;
  private final GemmShape shape;
  private final FloatEpilogue epilogue;
  private final LevelBlocks blocks;
  private final boolean finite;
  private final GuardedFloats lhs;
  private final byte[] levels;
  private final @Nullable GuardedFloats addend;

  GemmLevelsProblem(Arena arena, int bits, int m, int n, int k, int block, long seed) {
    this.arena = arena;
    this.random = new Random(seed);
    int stride = k + random.nextInt(3);
    this.shape = GemmShape.product(m, n, k, stride, n + random.nextInt(3));
    this.finite = random.nextInt(4) > 0;
    this.lhs =
        !finite
            ? GuardedFloats.random(arena, m * stride, 4, seed)
            : GuardedFloats.finite(arena, m * stride, 4, seed);
    this.levels = new byte[n * k];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (random.nextInt(1 << bits) - (1 << (bits - 1)));
    }
    boolean zeroPoints = random.nextBoolean();
    this.blocks = new LevelBlocks(block, perBlock(block), zeroPoints ? perBlock(block) : null);
    boolean plus = random.nextBoolean();
    int addendStride = n + random.nextInt(4);
    this.addend = plus ? GuardedFloats.finite(arena, m * addendStride, 4, seed + 1) : null;
    MemorySegment bias = null;
    if (random.nextBoolean()) {
      bias = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
      for (int i = 0; i < n; i++) {
        bias.setAtIndex(Tensor.F32, i, random.nextFloat() - 0.5f);
      }
    }
    float max = random.nextBoolean() ? 6 : Float.POSITIVE_INFINITY;
    this.epilogue = new FloatEpilogue(bias, plus ? addendStride : 0, Float.NEGATIVE_INFINITY, max);
  }

  /** The value per block and column: small numbers, powers of two or zero among them. */
  private MemorySegment perBlock(int block) {
    int count = Math.ceilDiv(shape.k(), block);
    MemorySegment values = arena.allocate(4L * count * shape.n(), 64);
    for (int i = 0; i < count * shape.n(); i++) {
      values.setAtIndex(
          Tensor.F32, i, random.nextInt(5) == 0 ? random.nextInt(3) : random.nextFloat() - 0.5f);
    }
    PanelsF32 layout = new PanelsF32(PackedLevels.NR);
    MemorySegment packed = arena.allocate(layout.bytes(1, count, shape.n()), 64);
    layout.pack(RhsView.transposed(values, count, shape.n()), packed);
    return packed;
  }

  /** C as the kernel leaves it, gaps between its rows included. */
  GuardedFloats run(GemmLevels kernel) {
    GuardedFloats dst = newDst();
    run(kernel, pack(kernel), dst, 0, shape.m(), 0, shape.n());
    return dst;
  }

  /** The same in parts: row ranges of one tile, column ranges of one. */
  GuardedFloats runInParts(GemmLevels kernel) {
    GuardedFloats dst = newDst();
    MemorySegment packed = pack(kernel);
    for (int i = 0; i < shape.m(); i += kernel.mr()) {
      for (int j = 0; j < shape.n(); j += kernel.nr()) {
        int mTo = Math.min(i + kernel.mr(), shape.m());
        run(kernel, packed, dst, i, mTo, j, Math.min(j + kernel.nr(), shape.n()));
      }
    }
    return dst;
  }

  /** Element (i, j) in double: the levels dequantized, one sum, the epilogue. */
  double exact(int i, int j) {
    int count = blocks.count(shape.k());
    PanelsF32 layout = new PanelsF32(PackedLevels.NR);
    double sum = 0;
    for (int k = 0; k < shape.k(); k++) {
      long at = 4 * layout.index(count, k / blocks.size(), j);
      MemorySegment zeros = blocks.zeroPoints();
      double zero = zeros == null ? 0 : zeros.get(Tensor.F32, at);
      double weight = (levels[j * shape.k() + k] - zero) * blocks.scales().get(Tensor.F32, at);
      sum += lhs.get(Math.toIntExact(i * shape.lhsStride() + k)) * weight;
    }
    sum += epilogue.bias() == null ? 0 : epilogue.bias().getAtIndex(Tensor.F32, j);
    sum += addend == null ? 0 : addend.get(Math.toIntExact(i * epilogue.addendStride() + j));
    return Math.min(sum, epilogue.max());
  }

  /** What {@link #exact} may change by when each activation of a block is off by half a level. */
  double halfLevels(int i, int j) {
    int count = blocks.count(shape.k());
    PanelsF32 layout = new PanelsF32(PackedLevels.NR);
    double sum = 0;
    for (int block = 0; block < count; block++) {
      long at = 4 * layout.index(count, block, j);
      MemorySegment zeros = blocks.zeroPoints();
      double zero = zeros == null ? 0 : zeros.get(Tensor.F32, at);
      double most = 0;
      double weights = 0;
      int end = Math.min(shape.k(), (block + 1) * blocks.size());
      for (int k = block * blocks.size(); k < end; k++) {
        most = Math.max(most, Math.abs(lhs.get((int) (i * shape.lhsStride() + k))));
        weights += Math.abs(levels[j * shape.k() + k] - zero);
      }
      sum += most / 254 * weights * Math.abs(blocks.scales().get(Tensor.F32, at));
    }
    return sum;
  }

  /** Asserts the same results with every operand at the end of a page that none follows. */
  void assertAtPageEnds(GemmLevels kernel, GuardedFloats expected) throws Throwable {
    int m = shape.m();
    long lhsBytes = 4 * GemmOperands.span(m, shape.lhsStride(), shape.k());
    long dstCount = GemmOperands.span(m, shape.dstStride(), shape.n());
    long addendBytes = 4 * GemmOperands.span(m, epilogue.addendStride(), shape.n());
    MemorySegment dst = GuardPages.copy(arena, MemorySegment.ofArray(new float[(int) dstCount]));
    MemorySegment bias = epilogue.bias();
    MemorySegment zeros = blocks.zeroPoints();
    kernel.run(
        shape,
        new FloatEpilogue(
            bias == null ? null : GuardPages.copy(arena, bias),
            epilogue.addendStride(),
            epilogue.min(),
            epilogue.max()),
        new LevelBlocks(
            blocks.size(),
            GuardPages.copy(arena, blocks.scales()),
            zeros == null ? null : GuardPages.copy(arena, zeros)),
        GuardPages.copy(arena, lhs.segment().asSlice(lhs.at(), lhsBytes)),
        0,
        GuardPages.copy(arena, pack(kernel)),
        addend == null
            ? null
            : GuardPages.copy(arena, addend.segment().asSlice(addend.at(), addendBytes)),
        0,
        dst,
        0,
        0,
        m,
        0,
        shape.n());
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < shape.n(); j++) {
        long at = i * shape.dstStride() + j;
        assertThat(dst.getAtIndex(Tensor.F32, at))
            .as("%s, %s, row %d, column %d", kernel.name(), this, i, j)
            .isEqualTo(Float.valueOf(expected.get(Math.toIntExact(at))));
      }
    }
  }

  /** Whether all values are finite and of about one magnitude. */
  boolean finite() {
    return finite;
  }

  GemmShape shape() {
    return shape;
  }

  @Override
  public String toString() {
    return shape + ", " + blocks + ", " + epilogue;
  }

  private void run(
      GemmLevels kernel,
      MemorySegment packed,
      GuardedFloats dst,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    kernel.run(
        shape,
        epilogue,
        blocks,
        lhs.segment(),
        lhs.at(),
        packed,
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

  private MemorySegment pack(GemmLevels kernel) {
    MemorySegment packed = arena.allocate(kernel.rhsLayout().bytes(1, shape.k(), shape.n()), 64);
    MemorySegment data = MemorySegment.ofArray(levels);
    kernel.rhsLayout().pack(RhsView.transposed(data, shape.k(), shape.n()), packed);
    return packed;
  }
}
