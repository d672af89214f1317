package dev.lathe.kernel;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;
import static dev.lathe.tensor.Tensor.I8;

import dev.lathe.quant.QuantizedSum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One integer product with all its operands, seeded. */
final class GemmU8S8Problem {

  /** What the operands are filled with. */
  enum Fill {
    RANDOM,
    /** All 255 times all -128, or 255 - zero point where there are any. */
    LOWEST,
    /** All 255 times all 127. */
    HIGHEST,
    /**
     * Inputs at the ends of their range times stretches of weights that a sum of 2, 4, 8 or 16 just
     * fits an int16 with, or just not; few stretches of large ones, some of zeros.
     */
    SMALL
  }

  /** What the requantization is like. */
  enum Epilogue {
    /** Results spread over the levels. */
    USUAL,
    /** Scale one half of small sums: many results exactly between two levels. */
    TIES,
    /** Everything saturates. */
    HUGE,
    /** Everything becomes the zero point. */
    TINY,
    /** Biases at the ends of int32, where float(acc + bias) rounds. */
    EDGE_BIAS,
    ADDEND,
    /** Sums with an addend beyond int32. */
    HUGE_SUMS,
    CLAMP,
    /** int32 results. */
    SUMS
  }

  final GemmShape shape;
  final IntegerEpilogue epilogue;
  final byte[] weights;
  final GuardedBytes lhs;
  final @Nullable MemorySegment zeroPoints;
  final MemorySegment zeroRow;
  final GuardedBytes addend;
  final int dstStride;
  private final Fill fill;
  private final Epilogue kind;
  private final boolean withZeroPoints;

  GemmU8S8Problem(
      Arena arena,
      int m,
      int n,
      int k,
      int taps,
      boolean tabulated,
      boolean withZeroPoints,
      Fill fill,
      Epilogue kind,
      long seed) {
    Random random = new Random(seed);
    this.fill = fill;
    this.kind = kind;
    this.withZeroPoints = withZeroPoints;
    this.dstStride = n + random.nextInt(4);
    int stride = taps * k + random.nextInt(3);
    int lhsBytes = Math.max(1, m * stride);
    byte[] activations = new byte[lhsBytes];
    weights = new byte[taps * k * n];
    random.nextBytes(activations);
    random.nextBytes(weights);
    if (fill == Fill.SMALL) {
      fillSmall(activations, taps * k, n, random);
    } else if (fill != Fill.RANDOM) {
      Arrays.fill(activations, (byte) 255);
      Arrays.fill(weights, (byte) (fill == Fill.LOWEST ? -128 : 127));
    }
    lhs = new GuardedBytes(arena, activations);
    MemorySegment offsets = null;
    if (tabulated) {
      offsets = arena.allocate(Math.max(4, 4L * taps * m), 64);
      for (int i = 0; i < taps * m; i++) {
        boolean padding = random.nextInt(5) == 0;
        offsets.setAtIndex(I32, i, padding ? -1 : random.nextInt(lhsBytes - k + 1));
      }
    }
    shape = new GemmShape(m, n, k, taps, stride, offsets, dstStride);
    int zero = fill == Fill.RANDOM || fill == Fill.SMALL ? random.nextInt(256) : 255;
    zeroRow = arena.allocate(Math.max(1, k), 1).fill((byte) zero);
    zeroPoints = withZeroPoints ? padded(arena, n) : null;
    if (zeroPoints != null) {
      for (int j = 0; j < n; j++) {
        int w = fill == Fill.LOWEST ? 127 : fill == Fill.HIGHEST ? -128 : random.nextInt(-128, 128);
        zeroPoints.setAtIndex(I32, j, w);
      }
    }
    int addendStride = n + random.nextInt(3);
    byte[] residual = new byte[m * addendStride];
    random.nextBytes(residual);
    addend = new GuardedBytes(arena, residual);
    epilogue = epilogue(arena, random, addendStride);
  }

  private void fillSmall(byte[] activations, int depth, int n, Random random) {
    for (int i = 0; i < activations.length; i++) {
      activations[i] = (byte) (random.nextInt(8) == 0 ? random.nextInt(256) : -random.nextInt(2));
    }
    int[] largest = {0, 1, 7, 8, 8, 8, 9, 15, 16, 16, 17, 32, 32, 33, 64, 65, 128};
    for (int from = 0; from < depth; ) {
      int to = Math.min(depth, from + random.nextInt(1, 80));
      int most = largest[random.nextInt(largest.length)];
      for (int i = from * n; i < to * n; i++) {
        int weight = random.nextInt(4) == 0 ? random.nextInt(most + 1) : most;
        weights[i] = (byte) (i % n % 3 == 0 ? -weight : Math.min(weight, 127));
      }
      from = to;
    }
  }

  private IntegerEpilogue epilogue(Arena arena, Random random, int addendStride) {
    int n = shape.n();
    MemorySegment bias = padded(arena, n);
    MemorySegment scale = padded(arena, n);
    double spread = 100 * 70 * Math.sqrt(shape.depth() + 1);
    for (int j = 0; j < n; j++) {
      bias.setAtIndex(
          I32,
          j,
          switch (kind) {
            case EDGE_BIAS -> (random.nextBoolean() ? 0x7e000001 : -0x7e000001) + random.nextInt(9);
            case TIES -> random.nextInt(64) - 32;
            default -> (int) (random.nextGaussian() * spread);
          });
      scale.setAtIndex(
          F32,
          j,
          switch (kind) {
            case TIES -> shape.depth() > 4 ? 0x1p-9f : 0x1p-1f;
            case HUGE -> 1e30f;
            case TINY -> 1e-38f;
            case EDGE_BIAS -> 6e-8f * random.nextFloat();
            default -> (float) (random.nextFloat() * 200 / spread);
          });
    }
    Requantize.Addend plus =
        kind == Epilogue.ADDEND || kind == Epilogue.HUGE_SUMS
            ? new Requantize.Addend(
                addendStride,
                QuantizedSum.of(
                    0.037f,
                    random.nextInt(256),
                    0.021f,
                    random.nextInt(256),
                    kind == Epilogue.HUGE_SUMS ? 1e-11f : 0.05f,
                    random.nextInt(256)),
                random.nextBoolean())
            : null;
    if (kind == Epilogue.SUMS) {
      return new StoreInt32(bias);
    }
    int zeroPoint = new int[] {0, 255, 128, random.nextInt(256)}[random.nextInt(4)];
    boolean clamp = kind == Epilogue.CLAMP || (plus != null && random.nextBoolean());
    return new Requantize(bias, scale, zeroPoint, clamp ? 40 : 0, clamp ? 200 : 255, plus);
  }

  private static MemorySegment padded(Arena arena, int n) {
    return arena.allocate(Math.ceilDiv(4L * n, 64) * 64, 64);
  }

  MemorySegment packed(Arena arena, GemmU8S8 kernel) {
    PackedLayout layout = kernel.rhsLayout();
    MemorySegment packed =
        arena.allocate(layout.bytes(shape.taps(), shape.k(), shape.n()), 64).fill((byte) 99);
    int k = shape.k();
    int n = shape.n();
    layout.pack(
        new RhsView(MemorySegment.ofArray(weights), 0, shape.taps(), k, n, (long) k * n, n, 1),
        packed);
    return packed;
  }

  GuardedBytes destination(Arena arena) {
    return new GuardedBytes(arena, shape.m() * dstStride * epilogue.dstBytes());
  }

  void run(
      GemmU8S8 kernel,
      MemorySegment packed,
      MemorySegment scratch,
      GuardedBytes dst,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    kernel.run(
        shape,
        epilogue,
        lhs.memory(),
        lhs.at(),
        packed,
        0,
        zeroPoints,
        zeroRow,
        plus() == null ? null : addend.memory(),
        addend.at(),
        scratch,
        0,
        dst.memory(),
        dst.at(),
        mFrom,
        mTo,
        nFrom,
        nTo);
  }

  /** All of C as {@code kernel} computes it in one call. */
  GuardedBytes result(Arena arena, GemmU8S8 kernel) {
    GuardedBytes dst = destination(arena);
    MemorySegment scratch = arena.allocate(Math.max(64, kernel.scratchBytes(shape)), 64);
    run(kernel, packed(arena, kernel), scratch, dst, 0, shape.m(), 0, shape.n());
    return dst;
  }

  /** C computed with integers of any size, from the unpacked weights. */
  byte[] expected(byte[] before) {
    byte[] expected = before.clone();
    for (int i = 0; i < shape.m(); i++) {
      for (int j = 0; j < shape.n(); j++) {
        int zero = zeroPoints == null ? 0 : zeroPoints.getAtIndex(I32, j);
        long acc = 0;
        for (int t = 0; t < shape.taps(); t++) {
          long row = shape.rowOffset(t, i);
          for (int k = 0; k < shape.k(); k++) {
            int a =
                row < 0
                    ? Byte.toUnsignedInt(zeroRow.get(I8, k))
                    : Byte.toUnsignedInt(lhs.content()[(int) row + k]);
            acc += (long) a * (weights[(t * shape.k() + k) * shape.n() + j] - zero);
          }
        }
        int at = i * dstStride + j;
        switch (epilogue) {
          case StoreInt32(MemorySegment bias) ->
              MemorySegment.ofArray(expected)
                  .set(I32, 4L * at, (int) (acc + bias.getAtIndex(I32, j)));
          case Requantize requantize -> {
            Requantize.Addend plus = plus();
            int residual =
                plus == null
                    ? 0
                    : Byte.toUnsignedInt(addend.content()[(int) (i * plus.stride()) + j]);
            expected[at] = Requantizer.apply(requantize, BigInteger.valueOf(acc), j, residual);
          }
        }
      }
    }
    return expected;
  }

  /** The residual operand's part in the epilogue, or null. */
  Requantize.@Nullable Addend plus() {
    return epilogue instanceof Requantize requantize ? requantize.addend() : null;
  }

  @Override
  public String toString() {
    return "m=%d n=%d k=%d taps=%d%s%s %s %s"
        .formatted(
            shape.m(),
            shape.n(),
            shape.k(),
            shape.taps(),
            shape.rowOffsets() == null ? "" : " tabulated",
            withZeroPoints ? " zero points" : "",
            fill,
            kind);
  }
}
