package dev.lathe.kernel;

/**
 * fp32 batch-reduce GEMM over a packed right operand.
 *
 * <p>Every output element is one chain of fused multiply-adds in the order t, then k, starting from
 * +0, whatever the tile, the vector width and the thread count: results are bit-identical on all
 * tiers.
 */
public interface GemmF32 extends GemmFloat {}
