package dev.lathe.kernel.vector;

import dev.lathe.kernel.Window;

/** Pooling of one kind over one NHWC image at absolute addresses. */
interface PoolLoop {

  /** What becomes of the taps. */
  enum Kind {
    MAX,
    AVERAGE
  }

  /**
   * Computes output rows [rowFrom, rowTo).
   *
   * @param divisors address of one float32 per output pixel; 0 for the maximum
   */
  void run(Window window, long divisors, long src, long dst, int rowFrom, int rowTo);
}
