package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A random convolution with sparse weights; values, strides and epilogue depend on a seed. */
final class SpmmF32Problem {

  private final Arena arena;
  private final Random random;
  private final SlabAxis height;
  private final SlabAxis width;
  private final int k;
  private final int n;
  private final int lhsStride;
  private final int dstStride;
  private final FloatEpilogue epilogue;
  private final GuardedFloats lhs;
  private final MemorySegment rhs;
  private final @Nullable GuardedFloats addend;

  /** Weights are there with probability {@code density}, some channels have none. */
  SpmmF32Problem(
      Arena arena, SlabAxis height, SlabAxis width, int k, int n, double density, long seed) {
    this.arena = arena;
    this.random = new Random(seed);
    this.height = height;
    this.width = width;
    this.k = k;
    this.n = n;
    this.lhsStride = k + (random.nextBoolean() ? 0 : 3);
    this.dstStride = n + (random.nextBoolean() ? 0 : 5);
    int inputs = height.in() * width.in();
    this.lhs = GuardedFloats.finite(arena, (inputs - 1) * lhsStride + k, 4, random.nextLong());
    this.rhs = weights(density);
    int addendStride = random.nextBoolean() ? 0 : n + random.nextInt(3);
    this.addend =
        addendStride == 0
            ? null
            : GuardedFloats.finite(arena, pixels() * addendStride, 4, random.nextLong());
    this.epilogue =
        random.nextBoolean()
            ? new FloatEpilogue(
                null, addendStride, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY)
            : new FloatEpilogue(bias(), addendStride, random.nextBoolean() ? 0 : -2, 6);
  }

  private int pixels() {
    return height.out() * width.out();
  }

  private int taps() {
    return height.kernel() * width.kernel();
  }

  private RhsView view() {
    return new RhsView(rhs, 0, taps(), k, n, 1, taps(), (long) k * taps());
  }

  private SlabShape shape(SpmmF32 kernel) {
    return kernel.shape(height, width, k, n, lhsStride, dstStride);
  }

  /** What the plain dense product makes of it. */
  GuardedFloats expected() {
    GemmF32 dense = Kernels.reference(GemmF32.class);
    MemorySegment offsets = WindowRows.of(arena, height, width, lhsStride);
    GemmShape shape = new GemmShape(pixels(), n, k, taps(), 0, offsets, dstStride);
    MemorySegment packed = arena.allocate(dense.rhsLayout().bytes(taps(), k, n), 64);
    dense.rhsLayout().pack(view(), packed);
    GuardedFloats dst = newDst();
    dense.run(
        shape,
        epilogue,
        lhs.segment(),
        lhs.at(),
        packed,
        0,
        arena.allocate(4L * k, 64),
        addend == null ? null : addend.segment(),
        addend == null ? 0 : addend.at(),
        dst.segment(),
        dst.at(),
        0,
        pixels(),
        0,
        n);
    return dst;
  }

  /** C as the kernel leaves it, computed {@code rows} output rows at a time. */
  GuardedFloats run(SpmmF32 kernel, int rows) {
    SlabShape shape = shape(kernel);
    OperandLayout layout = kernel.rhsLayout(shape);
    MemorySegment packed = arena.allocate(layout.bytes(view()), 64);
    layout.pack(view(), packed);
    GuardedFloats dst = newDst();
    for (int row = 0; row < height.out(); row += rows) {
      kernel.run(
          shape,
          epilogue,
          lhs.segment(),
          lhs.at(),
          packed,
          addend == null ? null : addend.segment(),
          addend == null ? 0 : addend.at(),
          dst.segment(),
          dst.at(),
          row,
          Math.min(height.out(), row + rows));
    }
    return dst;
  }

  @Override
  public String toString() {
    return height + " x " + width + ", " + k + " to " + n + ", " + epilogue;
  }

  private GuardedFloats newDst() {
    return GuardedFloats.allocate(arena, (pixels() - 1) * dstStride + n, 4);
  }

  private MemorySegment weights(double density) {
    MemorySegment weights = arena.allocate(4L * n * k * taps(), 64);
    for (int j = 0; j < n; j++) {
      boolean none = random.nextInt(7) == 0;
      for (int i = 0; i < k * taps(); i++) {
        boolean there = !none && random.nextDouble() < density;
        float zero = random.nextBoolean() ? 0f : -0f;
        weights.setAtIndex(
            F32, (long) j * k * taps() + i, there ? (float) random.nextGaussian() : zero);
      }
    }
    return weights;
  }

  private MemorySegment bias() {
    MemorySegment bias = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    for (int j = 0; j < n; j++) {
      bias.setAtIndex(F32, j, (float) random.nextGaussian());
    }
    return bias;
  }
}
