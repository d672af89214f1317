package dev.lathe.kernel;

/** What kernels of sparse weights have in common: SpMM over blocks of an image, channels first. */
public interface Spmm extends Kernel {

  /** Positions of a tile; blocks of products have as many rows. */
  int mr();

  /** Output channels that share a list of inputs, with an entry when one of them needs it. */
  int nr();

  /** Planes that k channels of the input take in the slab. */
  int planes(int k);

  /** The layout {@code rhs} must have for a shape. */
  SparseLayout rhsLayout(SlabShape shape);

  /** The shape of a convolution for this kernel. */
  default SlabShape shape(
      SlabAxis height, SlabAxis width, int k, int n, long lhsStride, long dstStride) {
    return SlabShape.of(height, width, k, planes(k), n, lhsStride, dstStride, mr());
  }
}
