package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;

/** A random integer convolution with sparse weights; strides and epilogue depend on a seed. */
final class SpmmU8S8Problem {

  /** What inputs and weights are. */
  enum Fill {
    RANDOM,
    /** All 255 times all -128. */
    LOWEST,
    /** All 255 times all 127. */
    HIGHEST
  }

  private final Arena arena;
  private final Random random;
  private final SlabAxis height;
  private final SlabAxis width;
  private final int k;
  private final int n;
  private final int lhsStride;
  private final int dstStride;
  private final int zeroPoint;
  private final Fill fill;
  private final byte[] weights;
  final GuardedBytes lhs;
  final GuardedBytes addend;
  final IntegerEpilogue epilogue;

  /** Quads of weights are there with probability {@code density}, some channels have none. */
  SpmmU8S8Problem(
      Arena arena,
      SlabAxis height,
      SlabAxis width,
      int k,
      int n,
      double density,
      Fill fill,
      long seed) {
    this.arena = arena;
    this.random = new Random(seed);
    this.height = height;
    this.width = width;
    this.k = k;
    this.n = n;
    this.fill = fill;
    this.lhsStride = k + (random.nextBoolean() ? 0 : 3);
    this.dstStride = n + (random.nextBoolean() ? 0 : 5);
    this.zeroPoint = fill == Fill.RANDOM ? random.nextInt(256) : 255;
    this.weights = weights(density);
    byte[] inputs = new byte[(height.in() * width.in() - 1) * lhsStride + k];
    random.nextBytes(inputs);
    if (fill != Fill.RANDOM) {
      Arrays.fill(inputs, (byte) 255);
    }
    this.lhs = new GuardedBytes(arena, inputs);
    int addendStride = n + random.nextInt(3);
    byte[] residual = new byte[(pixels() - 1) * addendStride + n];
    random.nextBytes(residual);
    this.addend = new GuardedBytes(arena, residual);
    this.epilogue = epilogue(addendStride);
  }

  private int pixels() {
    return height.out() * width.out();
  }

  private int taps() {
    return height.kernel() * width.kernel();
  }

  private RhsView view() {
    MemorySegment data = MemorySegment.ofArray(weights);
    return new RhsView(data, 0, taps(), k, n, 1, taps(), (long) k * taps());
  }

  private byte[] weights(double density) {
    byte[] values = new byte[n * k * taps()];
    random.nextBytes(values);
    if (fill != Fill.RANDOM) {
      Arrays.fill(values, (byte) (fill == Fill.LOWEST ? -128 : 127));
    }
    for (int j = 0; j < n; j++) {
      boolean none = random.nextInt(7) == 0;
      for (int t = 0; t < taps(); t++) {
        for (int kk = 0; kk < k; kk += 4) {
          if (none || random.nextDouble() >= density) {
            for (int i = kk; i < Math.min(k, kk + 4); i++) {
              values[(j * k + i) * taps() + t] = 0;
            }
          }
        }
      }
    }
    return values;
  }

  private IntegerEpilogue epilogue(int addendStride) {
    MemorySegment bias = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    MemorySegment scale = arena.allocate(Math.ceilDiv(4L * n, 64L) * 64, 64);
    double spread = 100 * 70 * Math.sqrt((double) k * taps() + 1);
    for (int j = 0; j < n; j++) {
      bias.setAtIndex(I32, j, (int) (random.nextGaussian() * spread));
      scale.setAtIndex(F32, j, (float) (random.nextFloat() * 200 / spread));
    }
    int zero = random.nextInt(256);
    QuantizedSum sum = QuantizedSum.of(0.037f, zero, 0.021f, random.nextInt(256), 0.05f, 7);
    return switch (random.nextInt(4)) {
      case 0 -> new StoreInt32(bias);
      case 1 -> new Requantize(bias, scale, zero, 40, 200, null);
      case 2 -> new Requantize(bias, scale, zero, 0, 255, null);
      default ->
          new Requantize(
              bias,
              scale,
              zero,
              0,
              255,
              new Requantize.Addend(addendStride, sum, random.nextBoolean()));
    };
  }

  private boolean plus() {
    return epilogue instanceof Requantize levels && levels.addend() != null;
  }

  /** Elements of the result from the first to the last. */
  int dstBytes() {
    return epilogue.dstBytes() * ((pixels() - 1) * dstStride + n);
  }

  /** What the plain dense product makes of it. */
  byte[] expected() {
    GemmU8S8 dense = Kernels.reference(GemmU8S8.class);
    MemorySegment offsets = WindowRows.of(arena, height, width, lhsStride);
    MemorySegment packed = arena.allocate(dense.rhsLayout().bytes(taps(), k, n), 64);
    dense.rhsLayout().pack(view(), packed);
    GuardedBytes dst = new GuardedBytes(arena, dstBytes());
    dense.run(
        new GemmShape(pixels(), n, k, taps(), 0, offsets, dstStride),
        epilogue,
        lhs.memory(),
        lhs.at(),
        packed,
        0,
        null,
        arena.allocate(k).fill((byte) zeroPoint),
        plus() ? addend.memory() : null,
        addend.at(),
        MemorySegment.NULL,
        0,
        dst.memory(),
        dst.at(),
        0,
        pixels(),
        0,
        n);
    return dst.content();
  }

  SlabShape shape(SpmmU8S8 kernel) {
    return kernel.shape(height, width, k, n, lhsStride, dstStride);
  }

  MemorySegment packed(SpmmU8S8 kernel) {
    SparseLayout layout = kernel.rhsLayout(shape(kernel));
    MemorySegment packed = arena.allocate(layout.bytes(view()), 64);
    layout.pack(view(), packed);
    return packed;
  }

  /** The result as the kernel leaves it, computed {@code rows} output rows at a time. */
  GuardedBytes run(SpmmU8S8 kernel, int rows) {
    SlabShape shape = shape(kernel);
    GuardedBytes dst = new GuardedBytes(arena, dstBytes());
    MemorySegment packed = packed(kernel);
    MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes(shape)), 64);
    for (int row = 0; row < height.out(); row += rows) {
      run(
          kernel,
          epilogue,
          lhs.memory(),
          lhs.at(),
          packed,
          addend.memory(),
          addend.at(),
          scratch,
          dst.memory(),
          dst.at(),
          row,
          Math.min(height.out(), row + rows));
    }
    return dst;
  }

  /** Some rows, with operands wherever they lie. */
  void run(
      SpmmU8S8 kernel,
      IntegerEpilogue moved,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment packed,
      MemorySegment addend,
      long addendAt,
      MemorySegment scratch,
      MemorySegment dst,
      long dstAt,
      int rowFrom,
      int rowTo) {
    kernel.run(
        shape(kernel),
        moved,
        lhs,
        lhsAt,
        zeroPoint,
        packed,
        plus() ? addend : null,
        addendAt,
        scratch,
        0,
        dst,
        dstAt,
        rowFrom,
        rowTo);
  }

  int rows() {
    return height.out();
  }

  @Override
  public String toString() {
    return height + " x " + width + ", " + k + " to " + n + ", " + epilogue;
  }
}
