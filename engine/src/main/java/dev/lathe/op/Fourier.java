package dev.lathe.op;

import dev.lathe.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The discrete Fourier transform of n points in double: radix-2 for powers of two, otherwise as a
 * convolution with a chirp of such a length (Bluestein, "A linear filtering approach to the
 * computation of discrete Fourier transform", 1970).
 *
 * <pre>
 *   work: [size] complex numbers, real and imaginary part in turn; the first n are in- and output
 * </pre>
 */
final class Fourier {

  private final int points;
  private final int size;

  /** e^(-2 pi i k / size) for k below size / 2. */
  private final double[] roots;

  /** e^(-pi i k^2 / n), and the transform of its conjugate wrapped to size; null for radix 2. */
  private final double[] chirp;

  private final double[] filter;

  Fourier(int points) {
    boolean direct = Integer.bitCount(points) == 1;
    this.points = points;
    this.size = direct ? points : Integer.highestOneBit(Math.multiplyExact(4, points) - 3);
    this.roots = new double[size];
    for (int k = 0; k < size / 2; k++) {
      polar(roots, k, -2 * Math.PI * k / size);
    }
    this.chirp = new double[direct ? 0 : 2 * points];
    this.filter = new double[direct ? 0 : 2 * size];
    for (int k = 0; k < chirp.length / 2; k++) {
      polar(chirp, k, -Math.PI * ((long) k * k % (2L * points)) / points);
      polar(filter, k, Math.PI * ((long) k * k % (2L * points)) / points);
      int mirrored = (size - k) % size;
      filter[2 * mirrored] = filter[2 * k];
      filter[2 * mirrored + 1] = filter[2 * k + 1];
    }
    if (!direct) {
      MemorySegment copy = MemorySegment.ofArray(filter.clone());
      radix2(copy, 0);
      MemorySegment.copy(copy, 0, MemorySegment.ofArray(filter), 0, copy.byteSize());
    }
  }

  private static void polar(double[] values, int index, double angle) {
    values[2 * index] = StrictMath.cos(angle);
    values[2 * index + 1] = StrictMath.sin(angle);
  }

  int points() {
    return points;
  }

  /** Bytes of the work area. */
  long bytes() {
    return 16L * size;
  }

  /** Transforms in place; the work area starts at byte {@code at}. */
  void transform(MemorySegment work, long at) {
    if (chirp.length == 0) {
      radix2(work, at);
      return;
    }
    for (int k = 0; k < points; k++) {
      multiply(work, at, k, chirp[2 * k], chirp[2 * k + 1]);
    }
    work.asSlice(at + 16L * points, 16L * (size - points)).fill((byte) 0);
    radix2(work, at);
    // The inverse transform is the transform between two conjugations.
    for (int k = 0; k < size; k++) {
      multiply(work, at, k, filter[2 * k], filter[2 * k + 1]);
      set(work, at, k, re(work, at, k), -im(work, at, k));
    }
    radix2(work, at);
    for (int k = 0; k < points; k++) {
      set(work, at, k, re(work, at, k) / size, -im(work, at, k) / size);
      multiply(work, at, k, chirp[2 * k], chirp[2 * k + 1]);
    }
  }

  static double re(MemorySegment work, long at, int index) {
    return work.get(Tensor.F64, at + 16L * index);
  }

  static double im(MemorySegment work, long at, int index) {
    return work.get(Tensor.F64, at + 16L * index + 8);
  }

  static void set(MemorySegment work, long at, int index, double re, double im) {
    work.set(Tensor.F64, at + 16L * index, re);
    work.set(Tensor.F64, at + 16L * index + 8, im);
  }

  private static void multiply(MemorySegment work, long at, int index, double re, double im) {
    double a = re(work, at, index);
    double b = im(work, at, index);
    set(work, at, index, a * re - b * im, a * im + b * re);
  }

  /** Decimation in time over {@code size} numbers. */
  private void radix2(MemorySegment work, long at) {
    for (int i = 1, j = 0; i < size; i++) {
      int bit = size >> 1;
      for (; (j & bit) != 0; bit >>= 1) {
        j ^= bit;
      }
      j ^= bit;
      if (i < j) {
        double re = re(work, at, i);
        double im = im(work, at, i);
        set(work, at, i, re(work, at, j), im(work, at, j));
        set(work, at, j, re, im);
      }
    }
    for (int half = 1; half < size; half *= 2) {
      int stride = size / (2 * half);
      for (int start = 0; start < size; start += 2 * half) {
        for (int k = 0; k < half; k++) {
          int upper = start + k;
          int lower = upper + half;
          multiply(work, at, lower, roots[2 * k * stride], roots[2 * k * stride + 1]);
          double re = re(work, at, lower);
          double im = im(work, at, lower);
          set(work, at, lower, re(work, at, upper) - re, im(work, at, upper) - im);
          set(work, at, upper, re(work, at, upper) + re, im(work, at, upper) + im);
        }
      }
    }
  }
}
