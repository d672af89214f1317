package dev.lathe.kernel.reference;

import static dev.lathe.tensor.Tensor.F32;
import static dev.lathe.tensor.Tensor.I32;

import dev.lathe.cpu.Isa;
import dev.lathe.kernel.FloatEpilogue;
import dev.lathe.kernel.GemmF32Levels;
import dev.lathe.kernel.GemmLevels;
import dev.lathe.kernel.GemmS8Levels;
import dev.lathe.kernel.GemmShape;
import dev.lathe.kernel.KernelName;
import dev.lathe.kernel.LevelBlocks;
import dev.lathe.kernel.PackedLayout;
import dev.lathe.kernel.RowBlock;
import dev.lathe.kernel.pack.PackedLevels;
import dev.lathe.kernel.pack.PanelsF32;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** {@link GemmLevels}, one output after the other. */
abstract sealed class ReferenceGemmLevels implements GemmLevels {

  /** With activations as they are. */
  static final class OfF32 extends ReferenceGemmLevels implements GemmF32Levels {
    OfF32(int bits) {
      super("f32", bits);
    }
  }

  /** With activations rounded to int8. */
  static final class OfS8 extends ReferenceGemmLevels implements GemmS8Levels {
    OfS8(int bits) {
      super("s8", bits);
    }

    @Override
    RowBlock block(MemorySegment row, long at, int count) {
      return RowBlock.of(row, at, count);
    }

    @Override
    float activation(RowBlock block, float x) {
      return block.level(x);
    }
  }

  private static final RowBlock AS_IT_IS = new RowBlock(1, 1);

  private static final PanelsF32 PER_BLOCK = new PanelsF32(PackedLevels.NR);

  private final String activations;
  private final PackedLevels layout;

  private ReferenceGemmLevels(String activations, int bits) {
    this.activations = activations;
    this.layout = new PackedLevels(bits);
  }

  @Override
  public KernelName name() {
    return KernelName.of(activations + "s" + bits(), "gemm", mr(), nr(), Isa.SCALAR);
  }

  @Override
  public int bits() {
    return layout.bits();
  }

  @Override
  public int mr() {
    return 1;
  }

  @Override
  public int nr() {
    return 1;
  }

  @Override
  public PackedLayout rhsLayout() {
    return layout;
  }

  @Override
  public void run(
      GemmShape shape,
      FloatEpilogue epilogue,
      LevelBlocks blocks,
      MemorySegment lhs,
      long lhsAt,
      MemorySegment rhs,
      @Nullable MemorySegment addend,
      long addendAt,
      MemorySegment dst,
      long dstAt,
      int mFrom,
      int mTo,
      int nFrom,
      int nTo) {
    for (int i = mFrom; i < mTo; i++) {
      long row = lhsAt + 4 * shape.rowOffset(0, i);
      for (int j = nFrom; j < nTo; j++) {
        float acc = 0;
        for (int block = 0; block < blocks.count(shape.k()); block++) {
          acc = addBlock(shape.k(), blocks, block, lhs, row, rhs, j, acc);
        }
        if (epilogue.bias() != null) {
          acc += epilogue.bias().get(F32, 4L * j);
        }
        if (addend != null) {
          acc += addend.get(F32, addendAt + 4 * (i * epilogue.addendStride() + j));
        }
        dst.set(F32, dstAt + 4 * (i * shape.dstStride() + j), epilogue.clamp(acc));
      }
    }
  }

  /** What holds for a block of a row. */
  RowBlock block(MemorySegment row, long at, int count) {
    return AS_IT_IS;
  }

  /** What is multiplied for an activation. */
  float activation(RowBlock block, float x) {
    return x;
  }

  private float addBlock(
      int depth,
      LevelBlocks blocks,
      int block,
      MemorySegment lhs,
      long row,
      MemorySegment rhs,
      int n,
      float acc) {
    int first = block * blocks.size();
    int end = Math.min(depth, first + blocks.size());
    RowBlock rowBlock = block(lhs, row + 4L * first, end - first);
    float[] products = new float[2];
    float[] sums = new float[2];
    for (int k = first; k < end; k++) {
      float a = activation(rowBlock, lhs.get(F32, row + 4L * k));
      int lane = rhs.get(I32, layout.index(depth, k, n));
      int level = (lane << (k % layout.perLane() * bits())) >> (32 - bits());
      products[k & 1] = Math.fma(a, level, products[k & 1]);
      sums[k & 1] += a;
    }
    float d = products[0] + products[1];
    long at = 4 * PER_BLOCK.index(blocks.count(depth), block, n);
    if (blocks.zeroPoints() != null) {
      d = Math.fma(blocks.zeroPoints().get(F32, at), -(sums[0] + sums[1]), d);
    }
    return Math.fma(blocks.scales().get(F32, at) * rowBlock.scale(), d, acc);
  }
}
