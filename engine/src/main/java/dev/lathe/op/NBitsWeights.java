package dev.lathe.op;

import dev.lathe.graph.GraphErrors;
import dev.lathe.graph.Node;
import dev.lathe.tensor.DType;
import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The weights of {@link MatMulNBits}: uint8 [N, blocks, block bytes], first level in the lowest
 * bits, {@code (level - zero point) * scale} with a scale per block of K. Without zero points they
 * are half the levels.
 */
record NBitsWeights(Form form, Tensor levels, Tensor scales, @Nullable Tensor zeroPoints) {

  /** How the levels lie. */
  record Form(int n, int k, int bits, int block) {

    static Form of(Node node) {
      Form form =
          new Form(
              Math.toIntExact(Checks.requireInt(node, "N")),
              Math.toIntExact(Checks.requireInt(node, "K")),
              Math.toIntExact(node.intAttribute("bits", 4)),
              Math.toIntExact(Checks.requireInt(node, "block_size")));
      if (form.bits != 2 && form.bits != 4 && form.bits != 8) {
        throw Checks.unsupported(node, "weights of " + form.bits + " bits", "2, 4 or 8 bits");
      }
      if (form.n < 1 || form.k < 1 || form.block < 16 || Integer.bitCount(form.block) != 1) {
        throw GraphErrors.invalid(
            node, "N, K must be positive and block_size a power of 2 of at least 16: " + form);
      }
      return form;
    }

    int blocks() {
      return Math.ceilDiv(k, block);
    }

    int blockBytes() {
      return block * bits / 8;
    }

    /** Bytes of the packed zero points of a column. */
    int zeroBytes() {
      return Math.ceilDiv(blocks() * bits, 8);
    }

    private int level(Tensor bytes, long at, int index) {
      int perByte = 8 / bits;
      int value = Byte.toUnsignedInt(bytes.data().get(Tensor.I8, at + index / perByte));
      return (value >> (index % perByte * bits)) & ((1 << bits) - 1);
    }

    /** What stands for zero unless zero points are given; levels less this are signed. */
    int half() {
      return 1 << (bits - 1);
    }
  }

  /** float32 [N][K], the weights. */
  MemorySegment dequantized() {
    float[] values = new float[Math.multiplyExact(form.n, form.k)];
    for (int n = 0; n < form.n; n++) {
      for (int b = 0; b < form.blocks(); b++) {
        long at = blockAt(n, b);
        float scale = scales.f32((long) n * form.blocks() + b);
        float zero = zeroPoint(n, b);
        int first = b * form.block;
        for (int k = first; k < Math.min(form.k, first + form.block); k++) {
          values[n * form.k + k] = (form.level(levels, at, k - first) - zero) * scale;
        }
      }
    }
    return MemorySegment.ofArray(values);
  }

  /** int8 [N][K], levels less half of them. */
  MemorySegment signedLevels() {
    byte[] values = new byte[Math.multiplyExact(form.n, form.k)];
    for (int n = 0; n < form.n; n++) {
      for (int b = 0; b < form.blocks(); b++) {
        long at = blockAt(n, b);
        int first = b * form.block;
        for (int k = first; k < Math.min(form.k, first + form.block); k++) {
          values[n * form.k + k] = (byte) (form.level(levels, at, k - first) - form.half());
        }
      }
    }
    return MemorySegment.ofArray(values);
  }

  /** float32 [N][blocks], zero points of {@link #signedLevels}. */
  MemorySegment signedZeroPoints() {
    float[] values = new float[form.n * form.blocks()];
    for (int i = 0; i < values.length; i++) {
      values[i] = zeroPoint(i / form.blocks(), i % form.blocks()) - form.half();
    }
    return MemorySegment.ofArray(values);
  }

  private long blockAt(int n, int block) {
    return ((long) n * form.blocks() + block) * form.blockBytes();
  }

  private float zeroPoint(int n, int block) {
    if (zeroPoints == null) {
      return form.half();
    }
    return zeroPoints.dtype() == DType.UINT8
        ? form.level(zeroPoints, (long) n * form.zeroBytes(), block)
        : zeroPoints.f32((long) n * form.blocks() + block);
  }
}
