package dev.lathe.compress.scheme;

import dev.lathe.quant.Arithmetic;
import org.jspecify.annotations.Nullable;

/** Coded weights: what a file has to hold, and the values that gives back. */
@SuppressWarnings("ArrayRecordComponent") // bulk data, never compared
public sealed interface WeightCode {

  /** Bits per weight, without the parameters. */
  int bits();

  /** Bytes of scales, zero points and codebooks. */
  long parameterBytes();

  /** The weights, in the order they were given. */
  float[] values();

  /** Number of weights. */
  int elements();

  /** The same values as levels with a scale per piece; null when they are none. */
  default @Nullable Linear linear() {
    return null;
  }

  /** Weights packed at {@link #bits} each, and the parameters. */
  default long bytes() {
    return Math.ceilDiv((long) elements() * bits(), Byte.SIZE) + parameterBytes();
  }

  /**
   * Levels with a scale and a zero point per piece: {@code (level - zeroPoint) * scale}. A scale
   * takes 4 bytes, or 1 when all are powers of two; zero points that are all 0 take none.
   */
  record Linear(int bits, int[] levels, Pieces pieces, float[] scales, int[] zeroPoints)
      implements WeightCode {

    @Override
    public long parameterBytes() {
      boolean powers = true;
      boolean offset = false;
      for (int i = 0; i < scales.length; i++) {
        powers &= scales[i] == Math.scalb(1f, Math.getExponent(scales[i]));
        offset |= zeroPoints[i] != 0;
      }
      int zeroPoint = offset ? Math.ceilDiv(bits, Byte.SIZE) : 0;
      return (long) scales.length * ((powers ? 1 : Float.BYTES) + zeroPoint);
    }

    @Override
    public float[] values() {
      float[] values = new float[levels.length];
      for (int piece = 0; piece < scales.length; piece++) {
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          values[i] = Arithmetic.dequantize(levels[i], scales[piece], zeroPoints[piece]);
        }
      }
      return values;
    }

    @Override
    public Linear linear() {
      return this;
    }

    @Override
    public int elements() {
      return levels.length;
    }
  }

  /**
   * Signed powers of two: level 0 is 0, level l is {@code sign(l) * 2^(top - |l| + 1)} with the top
   * exponent, one byte, of its piece.
   */
  record Powers(int bits, int[] levels, Pieces pieces, int[] tops) implements WeightCode {

    @Override
    public long parameterBytes() {
      return tops.length;
    }

    @Override
    public float[] values() {
      float[] values = new float[levels.length];
      for (int piece = 0; piece < tops.length; piece++) {
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          int level = levels[i];
          values[i] =
              level == 0
                  ? 0
                  : Math.scalb((float) Integer.signum(level), tops[piece] + 1 - Math.abs(level));
        }
      }
      return values;
    }

    /** Of the smallest power of each piece, where the others are multiples of 8 bits or less. */
    @Override
    public @Nullable Linear linear() {
      int[] multiples = new int[levels.length];
      float[] scales = new float[tops.length];
      for (int piece = 0; piece < tops.length; piece++) {
        int steps = 1;
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          steps = Math.max(steps, Math.abs(levels[i]));
        }
        int lowest = tops[piece] + 1 - steps;
        if (steps >= Byte.SIZE || lowest < Float.MIN_EXPONENT) {
          return null;
        }
        scales[piece] = Math.scalb(1f, lowest);
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          int level = levels[i];
          multiples[i] = Integer.signum(level) * (level == 0 ? 0 : 1 << (steps - Math.abs(level)));
        }
      }
      return new Linear(Byte.SIZE, multiples, pieces, scales, new int[tops.length]);
    }

    @Override
    public int elements() {
      return levels.length;
    }
  }

  /** Indices into the codebook of their piece. */
  record Codebook(int bits, int[] indices, Pieces pieces, float[][] books) implements WeightCode {

    /** The value of a piece's codebook nearest to a number. */
    public float nearest(int piece, double value) {
      return books[piece][KMeans.nearest(books[piece], value)];
    }

    @Override
    public long parameterBytes() {
      long entries = 0;
      for (float[] book : books) {
        entries += book.length;
      }
      return entries * Float.BYTES;
    }

    @Override
    public float[] values() {
      float[] values = new float[indices.length];
      for (int piece = 0; piece < books.length; piece++) {
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          values[i] = books[piece][indices[i]];
        }
      }
      return values;
    }

    @Override
    public int elements() {
      return indices.length;
    }
  }

  /**
   * Indices into the codebook of their piece that follow from the places of the weights and a seed,
   * and are not stored; index -1 is 0. Where there are zeros, a bit per weight tells them.
   */
  record Hashed(int bits, long seed, int[] indices, Pieces pieces, float[][] books)
      implements WeightCode {

    @Override
    public long parameterBytes() {
      return Long.BYTES + new Codebook(bits, indices, pieces, books).parameterBytes();
    }

    @Override
    public float[] values() {
      float[] values = new float[indices.length];
      for (int piece = 0; piece < books.length; piece++) {
        for (int i = pieces.from(piece); i < pieces.to(piece); i++) {
          values[i] = indices[i] < 0 ? 0 : books[piece][indices[i]];
        }
      }
      return values;
    }

    @Override
    public int elements() {
      return indices.length;
    }
  }

  /**
   * Rows of equal length that are copies of fewer ones.
   *
   * @param copies for every row the index of the one it is a copy of
   */
  record Tied(int[] copies, float[][] rows) implements WeightCode {

    /** None: whole rows are named. */
    @Override
    public int bits() {
      return 0;
    }

    @Override
    public long parameterBytes() {
      long index = (long) Integer.SIZE - Integer.numberOfLeadingZeros(rows.length - 1);
      return (long) rows.length * rows[0].length * Float.BYTES
          + (rows.length == copies.length ? 0 : Math.ceilDiv(copies.length * index, Byte.SIZE));
    }

    @Override
    public float[] values() {
      int length = rows[0].length;
      float[] values = new float[elements()];
      for (int i = 0; i < copies.length; i++) {
        System.arraycopy(rows[copies[i]], 0, values, i * length, length);
      }
      return values;
    }

    @Override
    public int elements() {
      return copies.length * rows[0].length;
    }
  }

  /** Floats of fewer bits. */
  record Reduced(FloatFormat format, float[] values) implements WeightCode {

    @Override
    public int bits() {
      return format.bits();
    }

    @Override
    public long parameterBytes() {
      return 0;
    }

    @Override
    public int elements() {
      return values.length;
    }
  }
}
