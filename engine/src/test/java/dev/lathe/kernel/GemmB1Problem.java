package dev.lathe.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A random product of signs, whose zeros, scales and epilogue depend on a seed. */
final class GemmB1Problem {

  private final Arena arena;
  private final Random random;
  private final GemmShape shape;
  private final FloatEpilogue epilogue;
  private final int[] activations;
  private final float[] weights;
  private final MemorySegment scales;
  private final MemorySegment lhs;
  private final long nonzeroStep;
  private final @Nullable GuardedFloats addend;

  /** Some rows without zeros, some with, and some of nothing else; or none at all. */
  GemmB1Problem(Arena arena, int m, int n, int k, int taps, boolean zeros, long seed) {
    this.arena = arena;
    this.random = new Random(seed);
    int words = taps * SignsF32.words(k);
    int stride = words + random.nextInt(3);
    this.shape = new GemmShape(m, n, k, taps, stride, null, n + random.nextInt(3));
    this.activations = new int[m * taps * k];
    for (int i = 0; i < m; i++) {
      int share = zeros ? new int[] {0, 0, 1, 3, 10}[random.nextInt(5)] : 0;
      for (int at = i * taps * k; at < (i + 1) * taps * k; at++) {
        activations[at] = random.nextInt(10) < share ? 0 : random.nextBoolean() ? 1 : -1;
      }
    }
    this.weights = new float[n * taps * k];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = random.nextBoolean() ? 1 : -1;
    }
    this.scales = arena.allocate(4L * Math.ceilDiv(n, GemmB1.SCALES) * GemmB1.SCALES, 64);
    for (int i = 0; i < n; i++) {
      scales.setAtIndex(Tensor.F32, i, random.nextInt(9) == 0 ? 0 : random.nextFloat());
    }
    this.nonzeroStep = zeros ? 4L * m * stride : 0;
    this.lhs = arena.allocate(8L * m * stride, 4);
    pack();
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

  private void pack() {
    int k = shape.k();
    for (int i = 0; i < shape.m(); i++) {
      for (int at = 0; at < shape.depth(); at++) {
        int within = at / k * SignsF32.words(k) + at % k / SignsF32.WORD;
        long word = i * shape.lhsStride() + within;
        int sign = activations[i * shape.depth() + at];
        set(4 * word, at % k, sign < 0);
        if (nonzeroStep != 0) {
          set(4 * word + nonzeroStep, at % k, sign != 0);
        }
      }
    }
  }

  private void set(long at, int k, boolean value) {
    int word = lhs.get(Tensor.I32, at);
    lhs.set(Tensor.I32, at, value ? word | 1 << k : word);
  }

  /** Element (i, j) by its definition, one number after the other. */
  float defined(int i, int j) {
    int d = 0;
    for (int at = 0; at < shape.depth(); at++) {
      d += activations[i * shape.depth() + at] * (int) weights[j * shape.depth() + at];
    }
    float y = d * scales.getAtIndex(Tensor.F32, j);
    y += epilogue.bias() == null ? 0 : epilogue.bias().getAtIndex(Tensor.F32, j);
    y += addend == null ? 0 : addend.get(Math.toIntExact(i * epilogue.addendStride() + j));
    return Math.min(y, epilogue.max());
  }

  GemmShape shape() {
    return shape;
  }

  /** C as the kernel leaves it, gaps between its rows included. */
  GuardedFloats run(GemmB1 kernel) {
    GuardedFloats dst = newDst();
    run(kernel, pack(kernel), dst, 0, shape.m(), 0, shape.n());
    return dst;
  }

  /** The same in parts: row ranges of one tile, column ranges of one. */
  GuardedFloats runInParts(GemmB1 kernel) {
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

  /** Asserts the same results with every operand at the end of a page that none follows. */
  void assertAtPageEnds(GemmB1 kernel, GuardedFloats expected) throws Throwable {
    int words = shape.taps() * SignsF32.words(shape.k());
    int m = shape.m();
    long lhsBytes = nonzeroStep + 4 * GemmOperands.span(m, shape.lhsStride(), words);
    long dstCount = GemmOperands.span(m, shape.dstStride(), shape.n());
    MemorySegment dst = GuardPages.copy(arena, MemorySegment.ofArray(new float[(int) dstCount]));
    long addendBytes = 4 * GemmOperands.span(m, epilogue.addendStride(), shape.n());
    MemorySegment bias = epilogue.bias();
    kernel.run(
        shape,
        new FloatEpilogue(
            bias == null ? null : GuardPages.copy(arena, bias),
            epilogue.addendStride(),
            epilogue.min(),
            epilogue.max()),
        GuardPages.copy(arena, scales),
        GuardPages.copy(arena, lhs.asSlice(0, lhsBytes)),
        0,
        nonzeroStep,
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
            .isEqualTo(expected.get(Math.toIntExact(at)));
      }
    }
  }

  @Override
  public String toString() {
    return shape + ", " + epilogue + (nonzeroStep == 0 ? "" : ", with zeros");
  }

  private void run(
      GemmB1 kernel,
      MemorySegment packed,
      GuardedFloats dst,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    kernel.run(
        shape,
        epilogue,
        scales,
        lhs,
        0,
        nonzeroStep,
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

  private MemorySegment pack(GemmB1 kernel) {
    int k = shape.k();
    int taps = shape.taps();
    PackedLayout layout = kernel.rhsLayout();
    MemorySegment packed = arena.allocate(layout.bytes(taps, k, shape.n()), 64);
    MemorySegment data = MemorySegment.ofArray(weights);
    layout.pack(new RhsView(data, 0, taps, k, shape.n(), k, 1, shape.depth()), packed);
    return packed;
  }
}
