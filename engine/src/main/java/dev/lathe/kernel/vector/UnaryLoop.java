package dev.lathe.kernel.vector;

/** One function over contiguous floats at absolute addresses. */
interface UnaryLoop {

  void run(float a, float b, long src, long dst, long count);
}
